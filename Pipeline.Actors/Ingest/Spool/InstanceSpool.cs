using System.Collections.Concurrent;
using System.Diagnostics;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>
/// The durable queue between the PACS and the stages. One writer thread appends what all associations brought meanwhile and flushes once for all of
/// them; each answer waits for that flush. An association has one instance outstanding, so the queue before the writer is bounded by their number.
/// </summary>
public sealed class InstanceSpool : IDisposable
{
    private const int MaxGroup = 256;
    private const long MaxGroupBytes = 32L << 20;
    private static readonly TimeSpan FreeSpaceValidity = TimeSpan.FromSeconds(1);

    private readonly SpoolSettings _settings;
    private readonly IDurableFileSystem _files;
    private readonly TimeProvider _clock;
    private readonly BlockingCollection<Pending> _queue = [];
    private readonly Lock _gate = new();
    private readonly SortedList<long, SpoolSegment> _segments = [];
    private readonly RepeatIndex _index;
    private readonly SeenLog _seen;
    private readonly Thread _writer;
    private SpoolSegment _active;
    private bool _activeBroken;
    private long _next, _durableNext;
    private long _freeCheckedAt;
    private volatile bool _low, _killed;
    private string? _obstruction;

    private InstanceSpool(SpoolSettings settings, IDurableFileSystem files, TimeProvider clock)
    {
        (_settings, _files, _clock) = (settings, files, clock);
        Directory.CreateDirectory(settings.Folder);
        _index = new RepeatIndex(settings.MaxIndexed);
        _seen = SeenLog.Open(files, Path.Combine(settings.Folder, "seen.log"), settings.MaxIndexed, _index);
        Recover();
        _active = _segments.Count > 0 ? _segments.Values[^1] : Begin(0);
        _durableNext = _next;
        RefreshFreeSpace(force: true);
        _writer = new Thread(Write) { IsBackground = true, Name = "spool " + Path.GetFileName(settings.Folder) };
    }

    /// <summary>Raised by the writer after each flush.</summary>
    public event Action? Advanced;

    /// <summary>Raised when instances begin to be refused, with the reason, and with null once they are taken again.</summary>
    public event Action<string?>? ObstructionChanged;

    /// <summary>Why instances are refused now; null when they are taken.</summary>
    public string? Obstruction => Volatile.Read(ref _obstruction);

    /// <summary>Instances ever acknowledged; the sequence the next one gets.</summary>
    public long Next => Volatile.Read(ref _durableNext);

    /// <summary>Whether free space is below the watermark.</summary>
    public bool Low
    {
        get
        {
            RefreshFreeSpace(force: false);
            return _low;
        }
    }

    /// <exception cref="IOException">The folder cannot be used.</exception>
    public static InstanceSpool Open(SpoolSettings settings, IDurableFileSystem files, TimeProvider clock)
    {
        var spool = new InstanceSpool(settings, files, clock);
        spool._writer.Start();
        return spool;
    }

    /// <summary>Ends when the instance is durable, is found to be held already, or cannot be kept.</summary>
    public Task<DimseStatus> AppendAsync(ReceivedInstance instance)
    {
        var pending = new Pending(instance);
        try
        {
            _queue.Add(pending);
        }
        catch (InvalidOperationException)
        {
            pending.Answer.SetResult(DimseStatus.OutOfResources("The node is stopping."));
        }
        return pending.Answer.Task;
    }

    /// <summary>A reader whose first record has the given sequence.</summary>
    public SpoolCursor ReadFrom(long sequence) => new(this, sequence);

    /// <summary>Whether a segment lies wholly below the sequence.</summary>
    public bool CanRelease(long sequence)
    {
        lock (_gate)
            return _segments.Count > 1 && _segments.Keys[1] <= sequence;
    }

    /// <summary>Everything below the sequence is in its final place, durably: segments wholly below it go.</summary>
    /// <exception cref="IOException">The disk refused; calling again later does no harm.</exception>
    public void Release(long sequence)
    {
        while (CanRelease(sequence))
        {
            SpoolSegment done;
            lock (_gate)
                done = _segments.Values[0];
            _seen.Append(done.Entries);
            lock (_gate)
                _segments.RemoveAt(0);
            done.Dispose();
            _files.Delete(done.Path);
        }
    }

    /// <summary>Ends without a flush of what is queued, as a crash would.</summary>
    public void Kill()
    {
        _killed = true;
        Dispose();
    }

    /// <summary>Writes what is queued, then closes.</summary>
    public void Dispose()
    {
        if (_queue.IsAddingCompleted)
            return;
        _queue.CompleteAdding();
        _writer.Join();
        foreach (SpoolSegment segment in _segments.Values)
            segment.Dispose();
        _seen.Dispose();
        _queue.Dispose();
    }

    /// <summary>The segment that holds a durable sequence, and the first sequence behind it.</summary>
    internal (SpoolSegment Segment, long End) Locate(long sequence)
    {
        lock (_gate)
        {
            for (int i = _segments.Count - 1; i >= 0; i--)
            {
                if (_segments.Keys[i] <= sequence)
                    return (_segments.Values[i], i + 1 < _segments.Count ? _segments.Keys[i + 1] : long.MaxValue);
            }
        }
        throw new InvalidOperationException($"Sequence {sequence} was released already.");
    }

    private void Recover()
    {
        IReadOnlyList<(long First, string Path)> found = SpoolSegment.List(_settings.Folder);
        for (int i = 0; i < found.Count; i++)
        {
            // A segment given up after a failed write may hold records that were refused and whose numbers were used again in the next one.
            long end = i + 1 < found.Count ? found[i + 1].First : long.MaxValue;
            (long first, string path) = found[i];
            long next = first;
            var entries = new List<RepeatIndex.Entry>();
            RecordLog log = RecordLog.Open(_files, path, _settings.MaxRecord, (_, bytes) =>
            {
                SpoolRecord record = SpoolRecord.Decode(bytes);
                if (record.Sequence >= end)
                    return;
                RepeatIndex.Entry entry = _index.Judge(record.SopInstanceUid, record.Sha256).Entry;
                if (entry != default)
                {
                    _index.Add(entry);
                    entries.Add(entry);
                }
                next = record.Sequence + 1;
            });
            var segment = new SpoolSegment(first, path, log);
            segment.Entries.AddRange(entries);
            _segments.Add(first, segment);
            _next = next;
        }
    }

    private void Write()
    {
        var group = new List<Pending>();
        foreach (Pending first in _queue.GetConsumingEnumerable())
        {
            group.Clear();
            group.Add(first);
            long bytes = first.Instance.Length;
            while (group.Count < MaxGroup && bytes < MaxGroupBytes && _queue.TryTake(out Pending? more))
            {
                group.Add(more);
                bytes += more.Instance.Length;
            }
            DimseStatus? refused = _killed ? DimseStatus.OutOfResources("The node is stopping.") : WriteGroup(group);
            foreach (Pending pending in group)
                pending.Answer.SetResult(refused ?? pending.Status);
            if (refused is null)
                Advanced?.Invoke();
        }
    }

    /// <returns>Null when the group is durable, else the answer to all of it.</returns>
    private DimseStatus? WriteGroup(List<Pending> group)
    {
        if (Low)
            return DimseStatus.OutOfResources("Disk space is low; nothing was kept.");
        var added = new List<RepeatIndex.Entry>();
        try
        {
            if (_activeBroken || _active.Log.Length >= _settings.SegmentBytes)
                _active = Begin(_next);
            DateTimeOffset now = _clock.GetUtcNow();
            foreach (Pending pending in group)
            {
                (RepeatIndex.Verdict verdict, RepeatIndex.Entry entry) = _index.Judge(pending.Instance.SopInstanceUid, pending.Instance.Sha256);
                bool conflict = verdict is RepeatIndex.Verdict.Conflict or RepeatIndex.Verdict.RepeatedConflict;
                pending.Status = conflict ? DimseStatus.Conflict : DimseStatus.Success;
                if (verdict is RepeatIndex.Verdict.Repeat or RepeatIndex.Verdict.RepeatedConflict)
                    continue;
                byte[] header = SpoolRecord.EncodeHeader(pending.Instance, _next, conflict, now);
                _active.Log.Append([header, .. pending.Instance.DataSet]);
                _index.Add(entry);
                added.Add(entry);
                _next++;
            }
            _active.Log.Flush();
            _active.Entries.AddRange(added);
            Volatile.Write(ref _durableNext, _next);
            Obstruct(null);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            added.ForEach(_index.Remove);
            _next = _durableNext;
            GiveBack();
            Obstruct(error.Message);
            return DimseStatus.OutOfResources("The spool cannot be written; nothing was kept.");
        }
    }

    /// <summary>After a failed flush the kernel may have dropped pages it reports clean: cut back to what is known durable, and write elsewhere.</summary>
    private void GiveBack()
    {
        try
        {
            _active.Log.Rollback();
        }
        catch (IOException)
        {
            // The next segment's first sequence tells recovery which records here do not count.
        }
        _activeBroken = _active.Log.Length > 0 || _active.First != _next;
    }

    private SpoolSegment Begin(long first)
    {
        string path = Path.Combine(_settings.Folder, SpoolSegment.NameOf(first));
        lock (_gate)
        {
            if (_segments.Remove(first, out SpoolSegment? empty))
                empty.Dispose();
        }
        // Nothing at or above this sequence is durable; a file of that name can only be what a failed write left.
        _files.Delete(path);
        var segment = new SpoolSegment(first, path, RecordLog.Open(_files, path, _settings.MaxRecord, null));
        lock (_gate)
            _segments.Add(first, segment);
        _activeBroken = false;
        return segment;
    }

    private void RefreshFreeSpace(bool force)
    {
        long last = Volatile.Read(ref _freeCheckedAt);
        if (!force && Stopwatch.GetElapsedTime(last) < FreeSpaceValidity)
            return;
        Volatile.Write(ref _freeCheckedAt, Stopwatch.GetTimestamp());
        long free = _files.FreeBytes(_settings.Folder);
        bool wasLow = _low;
        _low = free < _settings.LowWatermark;
        if (_low)
            Obstruct($"{free >> 20} MiB are free, fewer than the {_settings.LowWatermark >> 20} MiB of pipeline.ingest.low-watermark");
        else if (wasLow)
            Obstruct(null);
    }

    private void Obstruct(string? reason)
    {
        string? before = Interlocked.Exchange(ref _obstruction, reason);
        if (before is null != reason is null)
            ObstructionChanged?.Invoke(reason);
    }

    private sealed class Pending(ReceivedInstance instance)
    {
        public ReceivedInstance Instance { get; } = instance;

        public TaskCompletionSource<DimseStatus> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DimseStatus Status { get; set; }
    }
}
