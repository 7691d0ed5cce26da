using System.Collections.Concurrent;
using System.Threading.Channels;
using Pipeline.Actors.Training.Sharing;

namespace Pipeline.Host.Cluster;

/// <summary>
/// The link to a training node that computes parts of steps: frames of <see cref="GradientWire"/> go into a stream and come out of another. Used by the
/// training actor's thread; <see cref="Take"/> and <see cref="End(string)"/> by the stream's.
/// </summary>
/// <param name="parameters">Of the network.</param>
internal sealed class HelperLink(string node, int parameters) : IGradientHelper
{
    private readonly Channel<byte[]> _work = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly BlockingCollection<(long Number, GradientPart Part)> _parts = [];
    private volatile string? _over;
    private long _number;

    public Guid Id { get; } = Guid.NewGuid();

    public string Node => node;

    /// <summary>Whether nothing comes of it any more.</summary>
    public bool IsOver => _over is not null;

    /// <summary>Pieces of what goes to the node; ends with the link.</summary>
    public ChannelReader<byte[]> Work => _work.Reader;

    public void Begin(GradientWork work)
    {
        _number++;
        // What an ended link takes nobody reads.
        foreach (byte[] piece in GradientFraming.Pieces(GradientWire.Encode(_number, work)))
            _work.Writer.TryWrite(piece);
    }

    public GradientPart End(TimeSpan wait, CancellationToken stop)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var left = wait - TimeProvider.System.GetElapsedTime(began);
            if (!_parts.TryTake(out var answer, (int)Math.Max(0, left.TotalMilliseconds), stop))
                return GradientPart.Failed(_over ?? $"its part of a step was not there after {wait.TotalMilliseconds:0} ms");
            if (answer.Number == _number)
                return answer.Part;
        }
    }

    public void Leave() => End("left");

    /// <summary>A frame came.</summary>
    /// <exception cref="InvalidDataException">It is no part.</exception>
    public void Take(byte[] frame)
    {
        if (_over is null)
            _parts.TryAdd(GradientWire.DecodePart(frame, parameters));
    }

    /// <summary>Whoever waits is told why; the node hears that no more work comes.</summary>
    public void End(string reason)
    {
        if (Interlocked.CompareExchange(ref _over, reason, null) is not null)
            return;
        _work.Writer.TryComplete();
        _parts.CompleteAdding();
    }
}
