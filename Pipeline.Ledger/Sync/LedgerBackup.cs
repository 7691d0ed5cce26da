using System.Formats.Tar;
using System.Security.Cryptography;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Ledger.Sync;

/// <summary>
/// Backs chains up into one tar file, laid out as a site's data directory: <c>chains/NAME/journal.db</c>, <c>chains/NAME/payloads/…</c>, and
/// the manifest last. Sites may run meanwhile: the journal is copied first and a payload is durable before the chain names it, so every
/// payload that the copied journal names and the site holds is there. Keys are not part of it.
/// </summary>
public static class LedgerBackup
{
    /// <param name="file">Must not exist; appears when it is whole and on disk.</param>
    /// <exception cref="BackupException">A journal cannot be read or does not verify, or the file exists.</exception>
    /// <exception cref="IOException">The disk is full or refused.</exception>
    public static async Task<BackupManifest> WriteAsync(
        IReadOnlyList<BackupSource> chains, string file, TimeProvider clock, CancellationToken cancel)
    {
        string path = Path.GetFullPath(file), partial = path + ".partial";
        if (File.Exists(path))
            throw new BackupException($"'{path}' exists; a backup overwrites nothing");
        try
        {
            BackupManifest manifest;
            await using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                await using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
                {
                    var written = new List<BackupManifest.Chain>();
                    foreach (var chain in chains)
                        written.Add(await AddAsync(tar, chain, written, partial + ".journal", cancel).ConfigureAwait(false));
                    manifest = new BackupManifest(BackupManifest.CurrentFormat, clock.GetUtcNow(), written);
                    await AddAsync(tar, BackupManifest.EntryName, new MemoryStream(manifest.ToBytes()), cancel).ConfigureAwait(false);
                }

                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: false);
            DurableFile.SyncFolder(Path.GetDirectoryName(path)!);
            return manifest;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static async Task<BackupManifest.Chain> AddAsync(
        TarWriter tar, BackupSource source, IReadOnlyList<BackupManifest.Chain> before, string copy, CancellationToken cancel)
    {
        try
        {
            await JournalCopy.ToFileAsync(source.Journal, copy).ConfigureAwait(false);
            var report = LedgerVerifier.Verify(new Consensus.ChainJournal.Sqlite(copy));
            if (report.FirstBad is { } bad)
            {
                throw new BackupException(
                    $"journal {source.Journal} is damaged at record {bad.Record} (height {bad.Height}): {bad.What}; a damaged journal is not backed up");
            }

            if (before.FirstOrDefault(chain => chain.Name == report.Chain) is { } other)
                throw new BackupException($"journals of '{other.Member}' and '{report.Member}' on chain '{report.Chain}': a backup is of one site; name its folder");
            string root = $"chains/{report.Chain}";
            string digest;
            await using (var journal = File.OpenRead(copy))
            {
                digest = await DigestAsync(journal, cancel).ConfigureAwait(false);
                await AddAsync(tar, $"{root}/journal.db", journal, cancel).ConfigureAwait(false);
            }

            var payloads = await AddPayloadsAsync(tar, $"{root}/payloads", source.PayloadFolder, cancel).ConfigureAwait(false);
            return new BackupManifest.Chain(
                report.Chain, $"{report.ChainId}", report.Member, report.Height, report.Records, digest, payloads.Whole, payloads.Pruned,
                payloads.Damaged);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    private static async Task<(List<string> Whole, List<string> Pruned, List<string> Damaged)> AddPayloadsAsync(
        TarWriter tar, string root, string? folder, CancellationToken cancel)
    {
        List<string> whole = [], pruned = [], damaged = [];
        foreach (var file in folder is null ? [] : FilePayloadStore.List(folder))
        {
            string name = $"{file.Digest}";
            FileStream content;
            try
            {
                content = File.OpenRead(file.Path);
            }
            catch (FileNotFoundException)
            {
                // Pruned since it was listed.
                continue;
            }

            await using (content)
            {
                bool matches = file.IsTombstone || await DigestAsync(content, cancel).ConfigureAwait(false) == name;
                (file.IsTombstone ? pruned : matches ? whole : damaged).Add(name);
                if (matches)
                    await AddAsync(tar, $"{root}/{Path.GetRelativePath(folder!, file.Path).Replace('\\', '/')}", content, cancel).ConfigureAwait(false);
            }
        }

        return (whole, pruned, damaged);
    }

    private static Task AddAsync(TarWriter tar, string name, Stream content, CancellationToken cancel) => tar.WriteEntryAsync(
        new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite }, cancel);

    /// <summary>SHA-256 in hexadecimal; leaves the stream at its beginning.</summary>
    private static async Task<string> DigestAsync(FileStream stream, CancellationToken cancel)
    {
        byte[] digest = await SHA256.HashDataAsync(stream, cancel).ConfigureAwait(false);
        stream.Position = 0;
        return $"{new Digest(digest)}";
    }
}
