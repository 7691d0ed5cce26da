using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// Samples of one chain in one append-only file with a checksum a record; a torn tail is cut at opening. In memory are 128 bits of each id's hash and
/// where the record lies, and pixels up to the cache's size.
/// </summary>
public sealed class FileSampleStore : ISampleStore
{
    private readonly Lock _gate = new();
    private readonly RecordLog _log;
    private readonly Dictionary<UInt128, Entry> _index = [];
    private readonly List<Entry>[] _bySplit = [[], [], []];
    private readonly int[][] _counts;
    private readonly long _cacheLimit;
    private long _cached;

    /// <param name="folder">Created when absent.</param>
    /// <param name="classes">Number of labels.</param>
    /// <param name="cacheBytes">Pixels kept in memory.</param>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public FileSampleStore(string folder, int classes, long cacheBytes, IDurableFileSystem files)
    {
        Directory.CreateDirectory(folder);
        _cacheLimit = cacheBytes;
        _counts = [new int[classes], new int[classes], new int[classes]];
        _log = RecordLog.Open(files, Path.Combine(folder, "samples.log"), SampleRecord.MaxBytes,
            (offset, bytes) => Add(SampleRecord.Decode(bytes.Span), offset));
    }

    public IReadOnlyList<IReadOnlyList<int>> Counts
    {
        get
        {
            lock (_gate)
                return [[.. _counts[0]], [.. _counts[1]], [.. _counts[2]]];
        }
    }

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
            return _index.ContainsKey(KeyOf(id));
    }

    public IReadOnlyList<Sample> Snapshot(DataSplit split)
    {
        Entry[] entries;
        lock (_gate)
            entries = [.. _bySplit[(int)split]];
        return Array.ConvertAll(entries, Load);
    }

    public void Dispose() => _log.Dispose();

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
                    if (record.Sample.Label < 0 || record.Sample.Label >= _counts[0].Length)
                        throw new ArgumentException($"Label {record.Sample.Label} is outside the {_counts[0].Length} classes.", nameof(records));
                    if (_index.TryGetValue(KeyOf(record.Sample.Id), out Entry? held))
                    {
                        if (!Load(held).Pixels.AsSpan().SequenceEqual(record.Sample.Pixels))
                            throw new ArgumentException($"Sample {record.Sample.Id} is held with other pixels.", nameof(records));
                        continue;
                    }
                    if (ids.Add(KeyOf(record.Sample.Id)))
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
                Add(record, offset);
        }
    }

    /// <summary>The spool sequence and pixels under an id, or null.</summary>
    internal (long Sequence, ushort[] Pixels)? Find(string id)
    {
        lock (_gate)
            return _index.TryGetValue(KeyOf(id), out Entry? entry) ? (entry.Sequence, Load(entry).Pixels) : null;
    }

    /// <summary>Spool sequences at or above <paramref name="from"/> that have a sample here.</summary>
    internal IReadOnlyList<long> SequencesFrom(long from)
    {
        lock (_gate)
            return [.. _index.Values.Where(entry => entry.Sequence >= from).Select(entry => entry.Sequence)];
    }

    private static UInt128 KeyOf(string id) => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    private void Add(SampleRecord record, long offset)
    {
        Sample sample = record.Sample;
        var entry = new Entry(offset, record.Sequence);
        if (sample.Label < 0 || sample.Label >= _counts[0].Length || (int)sample.Split is < 0 or > 2 || !_index.TryAdd(KeyOf(sample.Id), entry))
            return;
        _bySplit[(int)sample.Split].Add(entry);
        _counts[(int)sample.Split][sample.Label]++;
        Cache(entry, sample);
    }

    private Sample Load(Entry entry) => entry.Cached ?? SampleRecord.Decode(_log.Read(entry.Offset).Span).Sample;

    private void Cache(Entry entry, Sample sample)
    {
        long size = 2L * sample.Pixels.Length;
        if (_cached + size > _cacheLimit)
            return;
        _cached += size;
        entry.Cached = sample;
    }

    private sealed class Entry(long offset, long sequence)
    {
        public long Offset { get; } = offset;

        public long Sequence { get; } = sequence;

        public Sample? Cached { get; set; }
    }
}
