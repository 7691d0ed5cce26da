using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>The repeat index of segments that are gone: one record of entries per deleted segment. Repeated entries do no harm.</summary>
internal sealed class SeenLog : IDisposable
{
    private const long MaxRecord = 256L << 20;
    private const int EntriesPerRecord = 1 << 16;

    private readonly RecordLog _log;

    private SeenLog(RecordLog log) => _log = log;

    /// <summary>Opens and fills the index; a file much larger than the index is rewritten with what the index kept.</summary>
    public static SeenLog Open(IDurableFileSystem files, string folder, int capacity, RepeatIndex index)
    {
        string path = Path.Combine(folder, "held.log"), earlier = Path.Combine(folder, "seen.log");
        var entries = new Queue<RepeatIndex.Entry>();
        long seen = 0;
        // Earlier builds kept another hash of the content there.
        if (File.Exists(earlier))
            RecordLog.Open(files, earlier, MaxRecord, (_, record) => Take(record.Span, entry => entry with { Content = RepeatIndex.Unknown })).Dispose();
        RecordLog log = RecordLog.Open(files, path, MaxRecord, (_, record) => Take(record.Span, entry => entry));
        foreach (RepeatIndex.Entry entry in entries)
            index.Add(entry);
        if (seen <= 2L * capacity && !File.Exists(earlier))
            return new SeenLog(log);

        log.Dispose();
        string fresh = path + ".new";
        files.Delete(fresh);
        using (var rewritten = new SeenLog(RecordLog.Open(files, fresh, MaxRecord, null)))
            rewritten.Append([.. entries]);
        File.Move(fresh, path, overwrite: true);
        files.SyncFolder(folder);
        files.Delete(earlier);
        files.SyncFolder(folder);
        return new SeenLog(RecordLog.Open(files, path, MaxRecord, null));

        void Take(ReadOnlySpan<byte> record, Func<RepeatIndex.Entry, RepeatIndex.Entry> read)
        {
            for (; record.Length >= RepeatIndex.Entry.Size; record = record[RepeatIndex.Entry.Size..])
            {
                seen++;
                entries.Enqueue(read(RepeatIndex.Entry.Read(record)));
                if (entries.Count > capacity)
                    entries.Dequeue();
            }
        }
    }

    /// <summary>Durable when it returns.</summary>
    public void Append(IReadOnlyList<RepeatIndex.Entry> entries)
    {
        for (int start = 0; start < entries.Count; start += EntriesPerRecord)
        {
            byte[] record = new byte[Math.Min(EntriesPerRecord, entries.Count - start) * RepeatIndex.Entry.Size];
            for (int i = 0; i * RepeatIndex.Entry.Size < record.Length; i++)
                entries[start + i].Write(record.AsSpan(i * RepeatIndex.Entry.Size));
            _log.Append([record]);
        }
        _log.Flush();
    }

    public void Dispose() => _log.Dispose();
}
