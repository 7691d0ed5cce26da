namespace Pipeline.Actors.Ingest.Files;

/// <summary>Takes records off the medium, which an append-only file cannot do by itself.</summary>
internal static class RecordLogRewrite
{
    /// <summary>Puts a file in the place of a log that holds some of its records alone, durably; what was set aside of torn tails goes too.</summary>
    /// <param name="log">Closed, and replaced by one of the new file.</param>
    /// <param name="offsets">Of the records to keep, in order.</param>
    /// <returns>Where they lie now.</returns>
    /// <exception cref="IOException">The disk refused; the old file is still there.</exception>
    public static IReadOnlyList<long> Keep(
        IDurableFileSystem files, ref RecordLog log, string path, long maxRecord, IRecordSeal? seal, IReadOnlyList<long> offsets)
    {
        string fresh = path + ".new";
        files.Delete(fresh);
        var moved = new List<long>(offsets.Count);
        using (RecordLog rewritten = RecordLog.Open(files, fresh, maxRecord, null, seal))
        {
            foreach (long offset in offsets)
                moved.Add(rewritten.Append([log.Read(offset)]));
            rewritten.Flush();
        }
        string folder = Path.GetDirectoryName(path)!;
        File.Move(fresh, path, overwrite: true);
        foreach (string torn in Directory.EnumerateFiles(folder, Path.GetFileName(path) + ".torn-*"))
            files.Delete(torn);
        files.SyncFolder(folder);
        RecordLog old = log;
        log = RecordLog.Open(files, path, maxRecord, null, seal);
        old.Dispose();
        return moved;
    }
}
