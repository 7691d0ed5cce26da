using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>
/// Answers commits once they are durable. Each thread takes all that wait and flushes for them together; flushes of several threads overlap, so that an
/// association need not wait for the end of one that began before its commit. They complete in the order in which they began: what a flush finds
/// broken is broken for all behind it.
/// </summary>
internal sealed class SpoolFlusher
{
    private const int Threads = 4;

    private readonly object _gate;
    private readonly Action<long> _flushed;
    private readonly Action _broken;
    private readonly Action<string?> _settled;
    private readonly Thread[] _threads;
    private readonly object _signal = new();
    private List<Waiting> _waiting = [];
    private long _begun, _completed;
    private int _generation, _inOrder;
    private bool _signalled, _stopping;

    /// <param name="gate">Held around <paramref name="flushed"/> and <paramref name="broken"/>, and by whoever calls this class.</param>
    /// <param name="flushed">Everything below the sequence is durable.</param>
    /// <param name="broken">Nothing since the last good flush counts. May give the gate up for a moment.</param>
    /// <param name="settled">Behind each flush, without the gate: null where it was good, else what the disk said.</param>
    public SpoolFlusher(object gate, string name, Action<long> flushed, Action broken, Action<string?> settled)
    {
        (_gate, _flushed, _broken, _settled) = (gate, flushed, broken, settled);
        _threads = [.. Enumerable.Range(0, Threads).Select(i => new Thread(Run) { IsBackground = true, Name = $"{name} flush {i}" })];
        foreach (Thread thread in _threads)
            thread.Start();
    }

    /// <summary>Answers with the status once the log is flushed as far as it is written now.</summary>
    /// <param name="next">The sequence below which everything is durable then.</param>
    public void Add(TaskCompletionSource<DimseStatus> answer, DimseStatus status, RecordLog log, long next)
    {
        _waiting.Add(new Waiting(answer, status, log, next));
        // One thread is woken, and takes all that wait by then.
        lock (_signal)
        {
            _signalled = true;
            Monitor.Pulse(_signal);
        }
    }

    /// <summary>The disk refused: nothing that waits is kept.</summary>
    public void Fail(string reason)
    {
        _generation++;
        // Before the gate may be given up in there: no flush may take these any more.
        List<Waiting> refused = _waiting;
        _waiting = [];
        _broken();
        // Outside the gate, which whoever hears of it may want.
        ThreadPool.UnsafeQueueUserWorkItem(_ => Settle(refused, reason), null);
    }

    /// <summary>Waits, the gate given up meanwhile, until nothing waits and no flush is under way.</summary>
    /// <returns>Whether it had to wait.</returns>
    public bool Drain()
    {
        bool waited = false;
        for (; _waiting.Count > 0 || _completed != _begun; waited = true)
            AwaitCompletion();
        return waited;
    }

    /// <summary>Flushes for all that wait, then ends the threads; called without the gate.</summary>
    public void Stop()
    {
        lock (_signal)
        {
            _stopping = true;
            Monitor.PulseAll(_signal);
        }
        foreach (Thread thread in _threads)
            thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            bool stopping;
            lock (_signal)
            {
                while (!_signalled && !_stopping)
                    Monitor.Wait(_signal);
                (stopping, _signalled) = (_stopping, false);
            }
            List<Waiting> batch;
            long ticket;
            int generation;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    if (stopping)
                        return;
                    continue;
                }
                (batch, _waiting) = (_waiting, []);
                (ticket, generation) = (_begun++, _generation);
            }
            (long length, string? error) = Sync(batch[^1].Log);
            lock (_gate)
            {
                while (_completed != ticket)
                    AwaitCompletion();
                _completed++;
                if (generation != _generation)
                    error ??= "a flush before failed";
                else if (error is not null)
                    Fail(error);
                else
                {
                    batch[^1].Log.MarkDurable(length);
                    _flushed(batch[^1].Next);
                }
                if (_inOrder > 0)
                    Monitor.PulseAll(_gate);
            }
            Settle(batch, error);
        }
    }

    private void AwaitCompletion()
    {
        _inOrder++;
        Monitor.Wait(_gate);
        _inOrder--;
    }

    /// <summary>Logs before the last were flushed when they were left.</summary>
    private static (long Length, string? Error) Sync(RecordLog log)
    {
        try
        {
            return (log.Sync(), null);
        }
        catch (IOException error)
        {
            return (0, error.Message);
        }
        catch (ObjectDisposedException)
        {
            // Released meanwhile: all of it was durable and is consumed.
            return (0, null);
        }
    }

    private void Settle(List<Waiting> batch, string? error)
    {
        _settled(error);
        foreach (Waiting waiting in batch)
            waiting.Answer.SetResult(error is null ? waiting.Status : DimseStatus.OutOfResources(InstanceSpool.Unwritable));
    }

    private readonly record struct Waiting(TaskCompletionSource<DimseStatus> Answer, DimseStatus Status, RecordLog Log, long Next);
}
