using System.Buffers;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>An instance on its way into the spool. What its sender may be ahead of the disk is bounded by <see cref="Window"/>.</summary>
internal sealed class SpoolUpload(InstanceSpool spool, ulong number) : IInstanceUpload
{
    /// <summary>Bytes handed over and not yet written, beyond which the sender waits.</summary>
    private const int Window = 1 << 20;

    private readonly Lock _gate = new();
    private long _ahead;
    private TaskCompletionSource? _room;

    public ulong Number => number;

    /// <summary>Where its first chunk lies; null before there is one. The spool's own.</summary>
    public SpoolSegment? First { get; set; }

    /// <summary>Why nothing of it is kept any more; null while all is well. The spool's own.</summary>
    public DimseStatus? Refusal { get; set; }

    /// <summary>Whether its commit is written. The spool's own.</summary>
    public bool Committed { get; set; }

    public Task AppendAsync(byte[] buffer, int length)
    {
        Task room = Task.CompletedTask;
        lock (_gate)
        {
            _ahead += length;
            if (_ahead >= Window)
                room = (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
        spool.Enqueue(new SpoolWork.Chunk(this, buffer, length));
        return room;
    }

    public Task<DimseStatus> CommitAsync(ReceivedInstance instance)
    {
        var commit = new SpoolWork.Commit(this, instance);
        spool.Enqueue(commit);
        return commit.Answer.Task;
    }

    public void Abandon() => spool.Enqueue(new SpoolWork.Abandon(this));

    /// <summary>A chunk is written or dropped: its buffer is free, and the sender may go on.</summary>
    public void Done(SpoolWork.Chunk chunk)
    {
        ArrayPool<byte>.Shared.Return(chunk.Buffer);
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            _ahead -= chunk.Length;
            if (_ahead < Window / 2)
                (room, _room) = (_room, null);
        }
        room?.SetResult();
    }
}
