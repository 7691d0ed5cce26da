using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>Finds what a spool's folder holds: every whole entry counts, durable from now on; torn tails are set aside.</summary>
internal static class SpoolRecovery
{
    /// <param name="index">Gets the UIDs of every record found.</param>
    /// <param name="segments">Gets the segments by number.</param>
    /// <returns>The sequence of the next instance.</returns>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="InvalidDataException">An entry is of a kind that this build does not know.</exception>
    public static long Run(IDurableFileSystem files, string folder, IRecordSeal? seal, RepeatIndex index, SortedList<long, SpoolSegment> segments)
    {
        (long Number, string Path, long? First)[] found =
            [.. SpoolSegment.List(folder).Select(file => (file.Number, file.Path, SpoolSegment.FirstSequence(file.Number, file.Path, seal)))];
        var begun = new Dictionary<ulong, SpoolSegment>();
        ulong run = 0;
        long next = 0;
        for (int i = 0; i < found.Length; i++)
        {
            (long number, string path, long? first) = found[i];
            long end = found.Skip(i + 1).FirstOrDefault(later => later.First is not null).First ?? long.MaxValue;
            Contents contents = Contents.Read(files, number, path, seal);
            if (first is null)
            {
                // Begun and not a single entry whole. What was torn lies beside it now.
                contents.Log.Dispose();
                files.Delete(path);
                continue;
            }
            if (contents.Run != run)
                begun.Clear();
            run = contents.Run;
            var segment = new SpoolSegment(number, path, contents.Log) { End = end };
            segments.Add(number, segment);
            next = Math.Max(next, Math.Min(first.Value, end));
            foreach (ulong upload in contents.Uploads)
                begun.TryAdd(upload, segment);
            foreach ((ulong? upload, SpoolRecord record) in contents.Records.Where(found => found.Record.Sequence < end))
            {
                segment.Hold(record.Sequence);
                if (upload is { } ended && begun.Remove(ended, out SpoolSegment? beginning))
                    beginning.Hold(record.Sequence);
                next = record.Sequence + 1;
                RepeatIndex.Entry entry = index.Judge(record.SopInstanceUid, record.Content).Entry;
                if (entry == default)
                    continue;
                index.Add(entry);
                segment.Entries.Add(entry);
            }
        }
        return next;
    }

    /// <param name="Uploads">Those with a chunk here.</param>
    /// <param name="Records">Those that end here, without data sets; an upload's number, or null for an entry that is an instance whole.</param>
    private sealed record Contents(RecordLog Log, ulong Run, HashSet<ulong> Uploads, List<(ulong? Upload, SpoolRecord Record)> Records)
    {
        public static Contents Read(IDurableFileSystem files, long number, string path, IRecordSeal? seal)
        {
            ulong run = 0;
            var uploads = new HashSet<ulong>();
            var records = new List<(ulong?, SpoolRecord)>();
            RecordLog log = RecordLog.Open(files, path, SpoolSegment.MaxEntry, (_, bytes) =>
            {
                switch (SpoolEntry.Decode(bytes))
                {
                    case SpoolEntry.Begin begin:
                        run = begin.Run;
                        break;
                    case SpoolEntry.Chunk chunk:
                        uploads.Add(chunk.Upload);
                        break;
                    case SpoolEntry.Whole whole:
                        records.Add((null, whole.Record with { DataSet = default }));
                        break;
                    case SpoolEntry.Commit commit:
                        records.Add((commit.Upload, commit.Record with { DataSet = default }));
                        break;
                }
            }, seal, SpoolSegment.UseOf(number, path));
            return new Contents(log, run, uploads, records);
        }
    }
}
