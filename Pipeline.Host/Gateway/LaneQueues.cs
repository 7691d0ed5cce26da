using Pipeline.Host.Configuration;
using Pipeline.Ledger.Network;

namespace Pipeline.Host.Gateway;

/// <summary>
/// What waits to be sent on one link: a bounded queue a lane, consensus first. A lower lane that waits gets one turn in
/// <see cref="TurnsBeforeLower"/>, so that nothing starves. Thread safe; never blocks a sender.
/// </summary>
internal sealed class LaneQueues(GatewayLimits limits)
{
    public const int TurnsBeforeLower = 16;
    private const int Lanes = 3;

    private readonly Lock _lock = new();
    private readonly Queue<Frame.Message>[] _queues = [new(), new(), new()];
    private readonly long[] _bytes = new long[Lanes];
    private readonly int[] _passedOver = new int[Lanes];

    public int Count
    {
        get
        {
            lock (_lock)
                return _queues.Sum(q => q.Count);
        }
    }

    /// <summary>False when the lane is full: the message is dropped, as on any lossy network.</summary>
    public bool TryEnqueue(Frame.Message message)
    {
        int lane = (int)message.Lane;
        lock (_lock)
        {
            if (_queues[lane].Count >= limits.Queue(message.Lane) || _bytes[lane] + message.Bytes.Length > limits.QueueBytes)
                return false;
            _queues[lane].Enqueue(message);
            _bytes[lane] += message.Bytes.Length;
            return true;
        }
    }

    public Frame.Message? TryDequeue()
    {
        lock (_lock)
        {
            int lane = Next();
            if (lane < 0)
                return null;
            _passedOver[lane] = 0;
            for (int lower = lane + 1; lower < Lanes; lower++)
                _passedOver[lower] += _queues[lower].Count > 0 ? 1 : 0;
            var message = _queues[lane].Dequeue();
            _bytes[lane] -= message.Bytes.Length;
            return message;
        }
    }

    private int Next()
    {
        for (int lane = Lanes - 1; lane > 0; lane--)
        {
            if (_queues[lane].Count > 0 && _passedOver[lane] >= TurnsBeforeLower)
                return lane;
        }

        return Array.FindIndex(_queues, q => q.Count > 0);
    }
}
