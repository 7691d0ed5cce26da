using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Storage;

/// <summary>
/// De-identified samples that wait, for their label or for the rest of their series, label −1 unless the image brought one, in a file of their own. A sample
/// that waits no longer is withdrawn by a record; the file is cut to nothing when none waits any more. One caller at a time.
/// </summary>
internal sealed class WaitingStore : IDisposable
{
    public const string ForLabel = "awaiting.log";
    public const string ForSeries = "series.log";

    private readonly Dictionary<string, Waiting> _waiting = [];
    private readonly IDurableFileSystem _files;
    private readonly IRecordSeal? _seal;
    private readonly TimeProvider _clock;
    private readonly string _path;
    private RecordLog _log;

    /// <param name="name"><see cref="ForLabel"/> or <see cref="ForSeries"/>.</param>
    public WaitingStore(string folder, string name, IDurableFileSystem files, IRecordSeal? seal, TimeProvider clock)
    {
        Directory.CreateDirectory(folder);
        (_files, _seal, _clock, _path) = (files, seal, clock, Path.Combine(folder, name));
        _log = RecordLog.Open(files, _path, SampleRecord.MaxBytes, (offset, bytes) => Apply(SampleRecord.Decode(bytes.Span), offset), seal);
    }

    /// <summary>What waits: pseudonyms to find a label or the series by, and where the sample lies.</summary>
    /// <param name="Since">When it came here, or when the store was opened.</param>
    public sealed record Waiting(
        string Id, string Patient, string Accession, string Series, double Position, long Sequence, DateTimeOffset Since, long Offset);

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
                if (record.Withdrawn == _waiting.ContainsKey(record.Sample.Id))
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

    /// <summary>Takes out samples that are elsewhere now.</summary>
    public void Withdraw(IReadOnlyList<Waiting> waiting) =>
        Append([.. waiting.Select(w => SampleRecord.Withdrawal(w.Id, w.Patient, w.Sequence))]);

    /// <summary>Takes a patient's samples off the medium: the file is written anew without them.</summary>
    public void Erase(string patient)
    {
        Waiting[] kept = [.. _waiting.Values.Where(waiting => waiting.Patient != patient).OrderBy(waiting => waiting.Offset)];
        IReadOnlyList<long> offsets = RecordLogRewrite.Keep(_files, ref _log, _path, SampleRecord.MaxBytes, _seal, [.. kept.Select(waiting => waiting.Offset)]);
        _waiting.Clear();
        for (int i = 0; i < kept.Length; i++)
            _waiting.Add(kept[i].Id, kept[i] with { Offset = offsets[i] });
    }

    public void Dispose() => _log.Dispose();

    private void Apply(SampleRecord record, long offset)
    {
        Sample sample = record.Sample;
        if (record.Withdrawn)
            _waiting.Remove(sample.Id);
        else
        {
            _waiting.TryAdd(sample.Id, new Waiting(
                sample.Id, sample.Patient, record.Accession, record.Series, record.Position, record.Sequence, _clock.GetUtcNow(), offset));
        }
    }

    private void Empty()
    {
        _log.Dispose();
        _files.Delete(_path);
        _log = RecordLog.Open(_files, _path, SampleRecord.MaxBytes, null, _seal);
    }
}
