using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// De-identified samples whose label has not come, label −1, in a file of their own. A sample that got its label is withdrawn by a record; the file is
/// cut to nothing when none waits any more. One caller at a time.
/// </summary>
internal sealed class AwaitingLabelStore : IDisposable
{
    private readonly Dictionary<string, Waiting> _waiting = [];
    private readonly IDurableFileSystem _files;
    private readonly string _path;
    private RecordLog _log;

    public AwaitingLabelStore(string folder, IDurableFileSystem files)
    {
        Directory.CreateDirectory(folder);
        (_files, _path) = (files, Path.Combine(folder, "awaiting.log"));
        _log = RecordLog.Open(files, _path, SampleRecord.MaxBytes, (offset, bytes) => Apply(SampleRecord.Decode(bytes.Span), offset));
    }

    /// <summary>What waits: pseudonyms to find a label by, and where the sample lies.</summary>
    public sealed record Waiting(string Id, string Patient, string Accession, long Sequence, long Offset);

    public IReadOnlyCollection<Waiting> All => _waiting.Values;

    public int Count => _waiting.Count;

    public Waiting? Find(string id) => _waiting.GetValueOrDefault(id);

    public SampleRecord Read(Waiting waiting) => SampleRecord.Decode(_log.Read(waiting.Offset).Span);

    /// <summary>Durable when it returns. An id that waits already is left as it is.</summary>
    public void Append(IReadOnlyList<SampleRecord> records)
    {
        var appended = new List<(SampleRecord Record, long Offset)>();
        try
        {
            foreach (SampleRecord record in records)
            {
                if (record.Withdrawn ? _waiting.ContainsKey(record.Sample.Id) : !_waiting.ContainsKey(record.Sample.Id))
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
        if (_waiting.Count == 0 && _log.Length > 0)
            Empty();
    }

    /// <summary>Takes samples out that are in the sample store now.</summary>
    public void Withdraw(IReadOnlyList<Waiting> waiting) => Append(
        [.. waiting.Select(w => new SampleRecord(new Sample(w.Id, w.Patient, -1, DataSplit.Train, 0, 0, []), w.Sequence, "", Withdrawn: true))]);

    public void Dispose() => _log.Dispose();

    private void Apply(SampleRecord record, long offset)
    {
        Sample sample = record.Sample;
        if (record.Withdrawn)
            _waiting.Remove(sample.Id);
        else
            _waiting.TryAdd(sample.Id, new Waiting(sample.Id, sample.Patient, record.Accession, record.Sequence, offset));
    }

    private void Empty()
    {
        _log.Dispose();
        _files.Delete(_path);
        _log = RecordLog.Open(_files, _path, SampleRecord.MaxBytes, null);
    }
}
