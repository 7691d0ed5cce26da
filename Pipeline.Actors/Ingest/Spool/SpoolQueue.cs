using System.Diagnostics.CodeAnalysis;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>
/// Hands work to the spool's one writer. Without the spinning of the collections made for it, which on a machine of few cores takes the processor from
/// those that bring the work.
/// </summary>
internal sealed class SpoolQueue
{
    private readonly object _gate = new();
    private Queue<SpoolWork> _waiting = new();
    private bool _closed;

    /// <returns>False once it is closed.</returns>
    public bool TryAdd(SpoolWork work)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _waiting.Enqueue(work);
            if (_waiting.Count == 1)
                Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>Waits for work and takes all there is.</summary>
    /// <param name="emptied">An empty queue to go on with.</param>
    /// <returns>False when it is closed and empty.</returns>
    public bool TryTake(Queue<SpoolWork> emptied, [NotNullWhen(true)] out Queue<SpoolWork>? work)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_closed)
                Monitor.Wait(_gate);
            (work, _waiting) = (_waiting, emptied);
            return work.Count > 0;
        }
    }

    /// <summary>Takes nothing more.</summary>
    /// <returns>False when it was closed already.</returns>
    public bool Close()
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _closed = true;
            Monitor.PulseAll(_gate);
            return true;
        }
    }
}
