using Pipeline.Actors.Ingest.Files;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>
/// Finds what a spool's folder holds: every whole entry counts, durable from now on. What is damaged is set aside. The file written last may hold
/// something of an earlier use behind its end, as those before it were cut when they were left.
/// </summary>
internal static class SpoolRecovery
{
    /// <param name="index">Gets the UIDs of every record found.</param>
    /// <param name="segments">Gets the segments by number.</param>
    /// <param name="aside">Gets the files in which something was set aside.</param>
    /// <returns>The sequence of the next instance.</returns>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="InvalidDataException">An entry is of a kind that this build does not know.</exception>
    public static long Run(
        IDurableFileSystem files, string folder, IRecordSeal? seal, RepeatIndex index, SortedList<long, SpoolSegment> segments, ICollection<string> aside)
    {
        Found[] found = [.. SpoolSegment.List(folder).Select(file => Found.At(file.Number, file.Path, seal))];
        var begun = new Dictionary<ulong, (SpoolSegment Segment, long Length)>();
        ulong run = 0;
        long next = 0;
        for (int i = 0; i < found.Length; i++)
        {
            Found file = found[i];
            long end = found.Skip(i + 1).FirstOrDefault(later => later.First is not null)?.First ?? long.MaxValue;
            if (file.Unreadable)
            {
                string torn = RecordLog.AsidePath(file.Path, 0);
                files.Rename(file.Path, Path.GetFileName(torn));
                files.SyncFolder(folder);
                aside.Add(torn);
                continue;
            }
            if (file.Stale)
            {
                files.Delete(file.Path);
                continue;
            }
            Contents contents = Contents.Read(files, file, seal, last: i == found.Length - 1 && file.Use is not null);
            if (contents.Log.TornPath is { } damaged)
                aside.Add(damaged);
            if (file.First is not { } first)
            {
                // Not a single entry is whole. What was torn lies beside it now.
                contents.Log.Dispose();
                files.Delete(file.Path);
                continue;
            }
            if (contents.Run != run)
                begun.Clear();
            run = contents.Run;
            // Whether someone was erased meanwhile nobody remembers.
            var segment = new SpoolSegment(file.Number, file.Path, contents.Log) { End = end, Single = true };
            segments.Add(file.Number, segment);
            next = Math.Max(next, Math.Min(first, end));
            foreach ((ulong upload, long bytes) in contents.Uploads)
                begun[upload] = begun.TryGetValue(upload, out var known) ? known with { Length = known.Length + bytes } : (segment, bytes);
            foreach ((ulong? upload, long length, SpoolRecord record) in contents.Records.Where(found => found.Record.Sequence < end))
            {
                segment.Hold(record.Sequence);
                long held = 0;
                if (upload is { } ended && begun.Remove(ended, out var beginning))
                {
                    beginning.Segment.Hold(record.Sequence);
                    held = beginning.Length;
                }
                next = record.Sequence + 1;
                // A part of it was set aside: it is taken when it comes again. Without damage the part is consumed, and its segment gone.
                if (upload is not null && held != length && aside.Count > 0)
                    continue;
                RepeatIndex.Entry entry = index.Judge(record.SopInstanceUid, record.Content).Entry;
                if (entry == default)
                    continue;
                index.Add(entry);
                segment.Entries.Add(entry);
            }
        }
        return next;
    }

    /// <param name="Use">Null for a file of an earlier build, and for one whose first bytes name none.</param>
    /// <param name="First">As <see cref="SpoolSegment.FirstSequence"/> says.</param>
    /// <param name="Stale">It was about to be used, and is empty or holds what is consumed.</param>
    /// <param name="Unreadable">Nobody can tell what it holds.</param>
    private sealed record Found(long Number, string Path, RecordFileUse? Use, long? First, bool Stale, bool Unreadable)
    {
        public static Found At(long number, string path, IRecordSeal? seal)
        {
            if (path.EndsWith(SpoolSegment.OnceExtension, StringComparison.Ordinal))
                return new Found(number, path, null, SpoolSegment.FirstSequence(path, null, seal), false, false);
            using var file = new ReadOnlyFile(path);
            RecordFileUse? use = RecordFileUse.Read(file);
            return use is null ? new Found(number, path, null, null, file.Length == 0, file.Length > 0)
                : use.Value.Number != number ? new Found(number, path, use, null, true, false)
                : new Found(number, path, use, SpoolSegment.FirstSequence(path, use, seal), false, false);
        }
    }

    /// <param name="Uploads">Those with a chunk here, and the bytes of their data sets that are here.</param>
    /// <param name="Records">Those that end here, without data sets; an upload's number and length, or null for an entry that is an instance whole.</param>
    private sealed record Contents(RecordLog Log, ulong Run, Dictionary<ulong, long> Uploads, List<(ulong? Upload, long Length, SpoolRecord Record)> Records)
    {
        public static Contents Read(IDurableFileSystem files, Found file, IRecordSeal? seal, bool last)
        {
            ulong run = 0;
            var uploads = new Dictionary<ulong, long>();
            var records = new List<(ulong?, long, SpoolRecord)>();
            RecordLog log = RecordLog.Open(files, file.Path, SpoolSegment.MaxEntry, (_, bytes) =>
            {
                switch (SpoolEntry.Decode(bytes))
                {
                    case SpoolEntry.Begin begin:
                        run = begin.Run;
                        break;
                    case SpoolEntry.Chunk chunk:
                        uploads[chunk.Upload] = uploads.GetValueOrDefault(chunk.Upload) + chunk.Data.Length;
                        break;
                    case SpoolEntry.Whole whole:
                        records.Add((null, 0, whole.Record with { DataSet = default }));
                        break;
                    case SpoolEntry.Commit commit:
                        records.Add((commit.Upload, commit.Length, commit.Record with { DataSet = default }));
                        break;
                }
            }, seal, file.Use, last);
            return new Contents(log, run, uploads, records);
        }
    }
}
