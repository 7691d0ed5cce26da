using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// Samples of one chain in one append-only file with a checksum a record; a torn tail is cut at opening, and the file is written anew only to erase a patient.
/// In memory are 128 bits of the hashes of each sample's pseudonyms and where the record lies, and pixels up to the cache's size.
/// </summary>
public sealed partial class FileSampleStore : ISampleStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, Entry> _index = [];
    private readonly List<Entry>[] _bySplit = [[], [], []];
    private readonly HashSet<UInt128> _series = [];
    private readonly int[][] _counts;
    private readonly IDurableFileSystem _files;
    private readonly IRecordSeal? _seal;
    private readonly string _path;
    private readonly long _cacheLimit;
    private RecordLog _log;
    private long _cached, _version;

    /// <param name="folder">Created when absent.</param>
    /// <param name="classes">Number of labels.</param>
    /// <param name="cacheBytes">Pixels kept in memory.</param>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public FileSampleStore(string folder, int classes, long cacheBytes, IDurableFileSystem files)
        : this(folder, classes, cacheBytes, files, null)
    {
    }

    internal FileSampleStore(string folder, int classes, long cacheBytes, IDurableFileSystem files, IRecordSeal? seal)
    {
        Directory.CreateDirectory(folder);
        (_files, _seal, _cacheLimit) = (files, seal, cacheBytes);
        _path = Path.Combine(folder, "samples.log");
        _counts = [new int[classes], new int[classes], new int[classes]];
        _log = RecordLog.Open(files, _path, SampleRecord.MaxBytes, (offset, bytes) => Apply(SampleRecord.Decode(bytes.Span), offset), seal);
    }

    public IReadOnlyList<IReadOnlyList<int>> Counts
    {
        get
        {
            lock (_gate)
                return [[.. _counts[0]], [.. _counts[1]], [.. _counts[2]]];
        }
    }

    public long Version => Volatile.Read(ref _version);

    /// <summary>Samples held.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _index.Count;
        }
    }

    /// <exception cref="ArgumentException">A label outside the classes, or an id held with other content.</exception>
    public void Append(IReadOnlyList<Sample> samples) => Append([.. samples.Select(sample => new SampleRecord(sample, -1, ""))]);

    public bool Contains(string id)
    {
        lock (_gate)
            return _index.ContainsKey(PseudonymHash.Of(id));
    }

    public IReadOnlyList<Sample> Snapshot(DataSplit split)
    {
        Entry[] entries;
        lock (_gate)
            entries = [.. _bySplit[(int)split]];
        return [.. entries.Select(Load).OfType<SampleRecord>().Select(record => record.Sample)];
    }

    public void Dispose() => _log.Dispose();

    /// <summary>Durable when it returns. A record of kind <see cref="SampleRecordKind.Sample"/> whose id is held with the same pixels is a no-op.</summary>
    internal void Append(IReadOnlyList<SampleRecord> records)
    {
        lock (_gate)
        {
            var appended = new List<(SampleRecord Record, long Offset)>();
            var ids = new HashSet<UInt128>();
            try
            {
                foreach (SampleRecord record in records)
                {
                    if (!record.Withdrawn && (record.Sample.Label < 0 || record.Sample.Label >= _counts[0].Length))
                        throw new ArgumentException($"Label {record.Sample.Label} is outside the {_counts[0].Length} classes.", nameof(records));
                    UInt128 id = PseudonymHash.Of(record.Sample.Id);
                    bool held = _index.TryGetValue(id, out Entry? entry);
                    if (record.Kind == SampleRecordKind.Sample && held)
                    {
                        if (Load(entry!) is { } other && !other.Sample.Pixels.AsSpan().SequenceEqual(record.Sample.Pixels))
                            throw new ArgumentException($"Sample {record.Sample.Id} is held with other pixels.", nameof(records));
                        continue;
                    }
                    if ((!record.Withdrawn || held) && ids.Add(id))
                        appended.Add((record, _log.Append(record.Encode())));
                }
                _log.Flush();
            }
            catch
            {
                _log.Rollback();
                throw;
            }
            foreach ((SampleRecord record, long offset) in appended)
                Apply(record, offset);
        }
    }

    /// <summary>The record under an id, or null.</summary>
    internal SampleRecord? Find(string id)
    {
        lock (_gate)
            return _index.TryGetValue(PseudonymHash.Of(id), out Entry? entry) ? Load(entry) : null;
    }

    /// <summary>Whether a sample of this series is held.</summary>
    internal bool HasSeries(string series)
    {
        lock (_gate)
            return _series.Contains(PseudonymHash.Of(series));
    }

    /// <summary>Samples that a rule picks by the hashes of id, accession number and patient, their label and split.</summary>
    internal IReadOnlyList<SampleRecord> Where(Func<UInt128, UInt128, UInt128, int, DataSplit, bool> picks)
    {
        Entry[] entries;
        lock (_gate)
            entries = [.. _index.Values.Where(e => picks(e.Id, e.Accession, e.Patient, e.Label, e.Split))];
        return [.. entries.Select(Load).OfType<SampleRecord>()];
    }

    /// <summary>Spool sequences at or above <paramref name="from"/> that have a sample here.</summary>
    internal IReadOnlyList<long> SequencesFrom(long from)
    {
        lock (_gate)
            return [.. _index.Values.Where(entry => entry.Sequence >= from).Select(entry => entry.Sequence)];
    }

    /// <summary>Takes a patient's samples off the medium: the file is written anew without them, and without what was withdrawn before.</summary>
    internal void Erase(string patient)
    {
        UInt128 key = PseudonymHash.Of(patient);
        lock (_gate)
        {
            Renew();
            Entry[] kept = [.. _index.Values.Where(entry => entry.Patient != key).OrderBy(entry => entry.Offset)];
            foreach (Entry entry in _index.Values.Where(entry => entry.Patient == key).ToArray())
                Drop(entry);
            IReadOnlyList<long> offsets = RecordLogRewrite.Keep(_files, ref _log, _path, SampleRecord.MaxBytes, _seal, [.. kept.Select(entry => entry.Offset)]);
            for (int i = 0; i < kept.Length; i++)
                kept[i].Offset = offsets[i];
            Rebuild();
        }
    }

    private void Apply(SampleRecord record, long offset)
    {
        Sample sample = record.Sample;
        UInt128 id = PseudonymHash.Of(sample.Id);
        bool held = _index.TryGetValue(id, out Entry? before);
        if (held && record.Kind == SampleRecordKind.Sample)
            return;
        if (held)
        {
            Drop(before!);
            _bySplit[(int)before!.Split].Remove(before);
        }
        if (record.Withdrawn || sample.Label < 0 || sample.Label >= _counts[0].Length || (int)sample.Split is < 0 or > 2)
            return;
        var entry = new Entry(
            id, PseudonymHash.Of(record.Accession), PseudonymHash.Of(sample.Patient), sample.Label, sample.Split, record.Sequence)
        { Offset = offset };
        _index.Add(id, entry);
        _bySplit[(int)sample.Split].Add(entry);
        _counts[(int)sample.Split][sample.Label]++;
        _version++;
        if (record.Series.Length > 0)
            _series.Add(PseudonymHash.Of(record.Series));
        Cache(entry, record);
    }

    private void Drop(Entry entry)
    {
        _index.Remove(entry.Id);
        _counts[(int)entry.Split][entry.Label]--;
        _cached -= entry.Cached is { } cached ? 2L * cached.Sample.Pixels.Length : 0;
        (entry.Cached, entry.Gone) = (null, true);
        _version++;
    }

    private void Rebuild()
    {
        foreach (List<Entry> split in _bySplit)
            split.RemoveAll(entry => entry.Gone);
    }

    /// <returns>Null where the sample was taken out meanwhile.</returns>
    private SampleRecord? Load(Entry entry)
    {
        if (entry.Cached is { } cached)
            return cached;
        lock (_gate)
            return entry.Gone ? null : SampleRecord.Decode(_log.Read(entry.Offset).Span);
    }

    private void Cache(Entry entry, SampleRecord record)
    {
        long size = 2L * record.Sample.Pixels.Length;
        if (_cached + size > _cacheLimit)
            return;
        _cached += size;
        entry.Cached = record;
    }

    private sealed class Entry(UInt128 id, UInt128 accession, UInt128 patient, int label, DataSplit split, long sequence)
    {
        public UInt128 Id => id;

        public UInt128 Accession => accession;

        public UInt128 Patient => patient;

        public int Label => label;

        public DataSplit Split => split;

        public long Sequence => sequence;

        public long Offset { get; set; }

        public bool Gone { get; set; }

        public SampleRecord? Cached { get; set; }
    }
}
