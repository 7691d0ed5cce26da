using System.Diagnostics;
using System.Security.Cryptography;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>
/// The durable queue between the PACS and the stages. Uploads are written while they arrive, by one thread, chunk by chunk into one file; each commit
/// waits for a flush that began behind it. Flushes overlap and each covers everything written before it, so associations share them.
/// </summary>
public sealed partial class InstanceSpool : IDisposable
{
    internal const string Unwritable = "The spool cannot be written; nothing was kept.";
    private static readonly TimeSpan FreeSpaceValidity = TimeSpan.FromSeconds(1);

    private readonly IDurableFileSystem _files;
    private readonly TimeProvider _clock;
    private readonly IRecordSeal? _seal;
    private readonly SpoolQueue _queue = new();
    private readonly object _gate = new();
    private readonly SortedList<long, SpoolSegment> _segments = [];
    private readonly InstanceOrigins _origins = new();
    private readonly RepeatIndex _index;
    private readonly SeenLog _seen;
    private readonly SpoolFlusher _flusher;
    private readonly Thread _writer;
    private readonly ulong _run = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly HashSet<SpoolUpload> _uploads = [];
    private readonly List<(long Sequence, RepeatIndex.Entry Entry)> _unflushed = [];
    /// <summary>Files of consumed segments, under their old names: after a crash they are consumed segments again.</summary>
    private readonly Queue<string> _spare = [];
    /// <summary>Files to be deleted, until that is durable.</summary>
    private readonly List<string> _doomed = [];
    private readonly List<string> _aside = [];
    private SpoolSegment _active;
    private bool _activeBroken, _writing;
    private int _breaking;
    private long _next, _durableNext, _lastUpload;
    private long _freeCheckedAt;
    private volatile SpoolSettings _settings;
    private volatile bool _low, _killed;
    private string? _obstruction;

    private InstanceSpool(SpoolSettings settings, IDurableFileSystem files, TimeProvider clock, IRecordSeal? seal)
    {
        (_settings, _files, _clock, _seal) = (settings, files, clock, seal);
        Directory.CreateDirectory(settings.Folder);
        _index = new RepeatIndex(settings.MaxIndexed);
        _seen = SeenLog.Open(files, settings.Folder, settings.MaxIndexed, _index);
        _next = SpoolRecovery.Run(files, settings.Folder, seal, _index, _segments, _aside);
        // Of earlier starts too, until somebody has looked at them and deleted them.
        _aside.AddRange(Directory.EnumerateFiles(settings.Folder, "*" + RecordLog.AsideExtension + "*").Except(_aside).ToArray());
        _active = Begin();
        _durableNext = _next;
        RefreshFreeSpace(force: true);
        _flusher = new SpoolFlusher(_gate, "spool " + Path.GetFileName(settings.Folder), Flushed, Broken, Settled);
        _writer = new Thread(Write) { IsBackground = true, Name = "spool " + Path.GetFileName(settings.Folder) };
    }

    /// <summary>Raised behind a flush that made instances durable.</summary>
    public event Action? Advanced;

    /// <summary>Raised with the number of an instance that a reader meets and of which recovery set a part aside: it is taken when it comes again.</summary>
    public event Action<long>? Lost;

    /// <summary>Raised when instances begin to be refused, with the reason, and with null once they are taken again.</summary>
    public event Action<string?>? ObstructionChanged;

    /// <summary>Why instances are refused now; null when they are taken.</summary>
    public string? Obstruction => Volatile.Read(ref _obstruction);

    /// <summary>Instances ever acknowledged; the sequence the next one gets.</summary>
    public long Next => Volatile.Read(ref _durableNext);

    /// <summary>Files into which damaged parts were set aside when the spool was opened, now or earlier; the instances in there are not given.</summary>
    public IReadOnlyList<string> SetAside => _aside;

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
    /// <exception cref="InvalidDataException">An entry is of a kind that this build does not know.</exception>
    public static InstanceSpool Open(SpoolSettings settings, IDurableFileSystem files, TimeProvider clock) => Open(settings, files, clock, null);

    /// <inheritdoc cref="Open(SpoolSettings, IDurableFileSystem, TimeProvider)"/>
    /// <param name="seal">Null for entries that lie open on the disk.</param>
    internal static InstanceSpool Open(SpoolSettings settings, IDurableFileSystem files, TimeProvider clock, IRecordSeal? seal)
    {
        var spool = new InstanceSpool(settings, files, clock, seal);
        spool._writer.Start();
        return spool;
    }

    /// <summary>A place for an instance that begins to arrive.</summary>
    public IInstanceUpload BeginUpload() => new SpoolUpload(this, (ulong)Interlocked.Increment(ref _lastUpload));

    /// <summary>Whether an instance of this UID was acknowledged, as far back as the index remembers.</summary>
    public bool Holds(string sopInstanceUid)
    {
        lock (_gate)
        {
            RepeatIndex.Entry? held = _index.Find(sopInstanceUid);
            return held is { } entry && !_unflushed.Exists(waiting => waiting.Entry == entry);
        }
    }

    /// <summary>The span of the association that brought an instance; the default where it is not known.</summary>
    public ActivityContext OriginOf(long sequence)
    {
        lock (_gate)
            return _origins.Of(sequence);
    }

    /// <summary>A reader whose first record has the given sequence.</summary>
    public SpoolCursor ReadFrom(long sequence) => new(this, sequence);

    /// <summary>
    /// Begins a new segment in a new file, and deletes the files of those before, rather than use them again, as soon as they are consumed; what was set
    /// aside of damaged ones goes now.
    /// </summary>
    /// <returns>For <see cref="IsGone"/>.</returns>
    /// <exception cref="IOException">The disk refused; calling again later does no harm.</exception>
    public long Roll()
    {
        long first;
        lock (_gate)
        {
            while (_spare.TryDequeue(out string? path))
                _doomed.Add(path);
            _doomed.AddRange(Directory.EnumerateFiles(_settings.Folder, "*" + RecordLog.AsideExtension + "*").Except(_doomed));
            foreach (SpoolSegment segment in _segments.Values)
                segment.Single = true;
            try
            {
                Rotate();
            }
            catch (IOException error)
            {
                _flusher.Fail(error.Message);
                throw;
            }
            first = _active.Number;
        }
        DeleteDoomed();
        return first;
    }

    /// <summary>Whether nothing is on the disk any more of what the spool held when <see cref="Roll"/> gave this number.</summary>
    public bool IsGone(long roll)
    {
        lock (_gate)
            return _segments.Keys[0] >= roll && _doomed.Count == 0;
    }

    /// <summary>Whether the oldest segment holds nothing at or above the sequence.</summary>
    public bool CanRelease(long sequence)
    {
        lock (_gate)
            return _segments.Count > 1 && _segments.Values[0] is { OpenUploads: 0 } first && first != _active && first.LastSequence < sequence;
    }

    /// <summary>Everything below the sequence is in its final place, durably: segments wholly below it go, oldest first.</summary>
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
            {
                _segments.RemoveAt(0);
                done.Dispose();
                if (!done.Single && !_low && _spare.Count < _settings.SpareSegments)
                    _spare.Enqueue(done.Path);
                else
                    _doomed.Add(done.Path);
            }
        }
        DeleteDoomed();
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
        if (!_queue.Close())
            return;
        _writer.Join();
        _flusher.Stop();
        if (!_killed)
            LeaveNothingStale();
        SpoolSegment[] segments;
        lock (_gate)
            segments = [.. _segments.Values];
        Array.ForEach(segments, segment => segment.Dispose());
        _seen.Dispose();
    }

    internal void Enqueue(SpoolWork work)
    {
        if (_queue.TryAdd(work))
            return;
        if (work is SpoolWork.Chunk chunk)
            chunk.Upload.Done(chunk);
        else if (work is SpoolWork.Commit commit)
            commit.Answer.SetResult(DimseStatus.OutOfResources("The node is stopping."));
    }

    /// <summary>A reader's word: a part of the instance is missing.</summary>
    internal void Lose(SpoolRecord record)
    {
        lock (_gate)
        {
            RepeatIndex.Entry? entry = record.Conflict ? _index.Judge(record.SopInstanceUid, record.Content).Entry : _index.Find(record.SopInstanceUid);
            if (entry is { } held && held.Content == record.Content)
            {
                _index.Remove(held);
                foreach (SpoolSegment segment in _segments.Values)
                    segment.Entries.Remove(held);
            }
        }
        Lost?.Invoke(record.Sequence);
    }

    /// <summary>The oldest segment, from which a reader of the sequence begins.</summary>
    internal SpoolSegment FirstSegment(long sequence)
    {
        lock (_gate)
        {
            SpoolSegment first = _segments.Values[0];
            // Later segments that surely lie before it need no reading; an instance may begin some segments before the one that ends it.
            return _segments.Values.FirstOrDefault(segment => segment.LastSequence >= sequence || segment.OpenUploads > 0) ?? first;
        }
    }

    /// <summary>Whether a segment is not released.</summary>
    internal bool Has(SpoolSegment segment)
    {
        lock (_gate)
            return _segments.ContainsValue(segment);
    }

    /// <returns>Null for the segment being written.</returns>
    internal SpoolSegment? SegmentBehind(SpoolSegment segment)
    {
        lock (_gate)
            return _segments.Values.FirstOrDefault(other => other.Number > segment.Number);
    }

    /// <summary>The flusher's word, under the gate: everything below <paramref name="next"/> is durable.</summary>
    private void Flushed(long next)
    {
        _unflushed.RemoveAll(waiting => waiting.Sequence < next);
        if (next > _durableNext)
            Volatile.Write(ref _durableNext, next);
    }

    /// <summary>
    /// The flusher's word, under the gate: nothing since the last good flush counts. The kernel may have dropped pages that it reports clean: cut back
    /// to what is known durable, and write elsewhere.
    /// </summary>
    private void Broken()
    {
        _breaking++;
        while (_writing)
            Monitor.Wait(_gate);
        _breaking--;
        Monitor.PulseAll(_gate);
        foreach (SpoolUpload upload in _uploads)
            Refuse(upload, Unwritable);
        foreach ((_, RepeatIndex.Entry entry) in _unflushed)
        {
            _index.Remove(entry);
            _active.Entries.Remove(entry);
        }
        _unflushed.Clear();
        _next = _durableNext;
        TryRollback();
        // What it holds behind its end is to be neither taken for damage nor kept.
        _active.Single = true;
        _activeBroken = true;
    }

    private void TryRollback()
    {
        try
        {
            _active.Log.Rollback();
        }
        catch (IOException)
        {
            // The next segment's first sequence tells readers which records here do not count.
        }
    }

    private void Settled(string? error)
    {
        Obstruct(error ?? (_low ? Obstruction : null));
        if (error is null)
            Advanced?.Invoke();
    }

    /// <summary>May give the gate up for a moment. What is left has nothing stale behind its end, durably.</summary>
    private void Rotate()
    {
        // Whoever gives a broken segment up is done with it before another begins.
        while (_flusher.Drain() || _writing || _breaking > 0)
        {
            if (_writing || _breaking > 0)
                Monitor.Wait(_gate);
        }
        if (_activeBroken)
            TryRollback();
        else
            _active.Log.Trim();
        _active = Begin();
        _activeBroken = false;
    }

    private SpoolSegment Begin()
    {
        long number = _segments.Count == 0 ? 0 : _segments.Keys[^1] + 1;
        string name = SpoolSegment.NameOf(number), path = Path.Combine(_settings.Folder, name);
        // A file of that name can only be what an attempt to begin it left.
        _files.Delete(path);
        if (_spare.TryPeek(out string? spare))
        {
            try
            {
                _files.Rename(spare, name);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A fresh file does as well.
                _doomed.Add(spare);
            }
            _spare.Dequeue();
        }
        var segment = new SpoolSegment(number, path, RecordLog.Begin(_files, path, SpoolSegment.MaxEntry, number, _seal));
        try
        {
            segment.Log.Append(SpoolEntry.EncodeBegin(_run, _next));
            // Once those before are consumed and gone, it alone tells where the numbers go on.
            segment.Log.Flush();
        }
        catch
        {
            segment.Dispose();
            throw;
        }
        if (_segments.Count > 0)
            _segments.Values[^1].End = _next;
        _segments.Add(number, segment);
        return segment;
    }

    private void Obstruct(string? reason)
    {
        string? before = Interlocked.Exchange(ref _obstruction, reason);
        if (before is null != reason is null)
            ObstructionChanged?.Invoke(reason);
    }
}
