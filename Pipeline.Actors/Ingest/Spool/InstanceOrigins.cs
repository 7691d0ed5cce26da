using System.Diagnostics;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>From which span each instance came that the stages have not taken yet, for the newest of them. Not safe for several threads.</summary>
internal sealed class InstanceOrigins
{
    private const int Most = 4096;

    private readonly Dictionary<long, ActivityContext> _origins = [];
    private readonly Queue<long> _order = new();

    /// <summary>An instance has got its number.</summary>
    public void Add(long sequence, ActivityContext origin)
    {
        if (origin == default)
            return;
        if (_order.Count == Most)
            _origins.Remove(_order.Dequeue());
        _origins[sequence] = origin;
        _order.Enqueue(sequence);
    }

    /// <summary>The default where it is not known, as of what was in the spool at the start.</summary>
    public ActivityContext Of(long sequence) => _origins.GetValueOrDefault(sequence);
}
