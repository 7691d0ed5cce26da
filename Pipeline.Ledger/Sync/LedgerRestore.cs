using System.Data.Common;
using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Ledger.Sync;

/// <summary>
/// Puts a backup back: everything is unpacked beside its place, checked against manifest, digests and the chain's own proofs, marked as an
/// old copy, and only then moved into place. What is there already is never overwritten.
/// </summary>
public sealed partial class LedgerRestore
{
    private const string GenesisFile = "genesis.cbor";

    private readonly string _file;
    private readonly RestoreTarget _target;
    private readonly string _staging;
    private readonly Dictionary<string, HashSet<string>> _found = new(StringComparer.Ordinal);

    private LedgerRestore(string file, RestoreTarget target)
    {
        _file = file;
        _target = target;
        _staging = Path.Combine(target.ChainsFolder, $".restoring-{Guid.NewGuid():N}");
    }

    /// <exception cref="BackupException">The file is no whole backup, a chain is there already, or the chain does not verify.</exception>
    /// <exception cref="IOException">The disk is full or refused.</exception>
    public static async Task<BackupManifest> RunAsync(string file, RestoreTarget target, CancellationToken cancel)
    {
        var restore = new LedgerRestore(file, target);
        try
        {
            var manifest = await restore.UnpackAsync(cancel).ConfigureAwait(false);
            foreach (var chain in manifest.Chains)
                await restore.CheckAsync(chain).ConfigureAwait(false);
            foreach (var chain in manifest.Chains)
                await restore.PlaceAsync(chain).ConfigureAwait(false);
            return manifest;
        }
        finally
        {
            if (Directory.Exists(restore._staging))
                Directory.Delete(restore._staging, recursive: true);
        }
    }

    private async Task<BackupManifest> UnpackAsync(CancellationToken cancel)
    {
        BackupManifest? manifest = null;
        try
        {
            await using var stream = File.OpenRead(_file);
            await using var tar = new TarReader(stream);
            while (await tar.GetNextEntryAsync(cancellationToken: cancel).ConfigureAwait(false) is { } entry)
            {
                if (entry.Name == BackupManifest.EntryName && entry is { DataStream: { } content, Length: <= BackupManifest.MaxBytes })
                    manifest = BackupManifest.Read(content, _file);
                else
                    await UnpackAsync(entry, cancel).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new BackupException($"'{_file}' is no whole backup: {e.Message}", e);
        }

        return manifest ?? throw new BackupException($"'{_file}' is no whole backup: its manifest is missing, so its end was cut off");
    }

    private async Task UnpackAsync(TarEntry entry, CancellationToken cancel)
    {
        var match = Layout().Match(entry.Name);
        string chain = match.Groups["chain"].Value, inside = match.Groups["file"].Value;
        var payload = PayloadFile.TryParse(Path.Combine(_staging, chain, "payloads"), match.Groups["payload"].Value);
        bool isJournal = inside == "journal.db";
        if (!match.Success || !Genesis.IsChainName(chain) || (payload is null && !isJournal) ||
            entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
        {
            throw new BackupException($"'{_file}' is no backup of chains: it holds '{entry.Name}'");
        }

        if (_found.TryAdd(chain, []))
        {
            RequireFreeFolder(chain);
            RequireEmptyJournal(chain);
        }

        string path = isJournal ? Path.Combine(_staging, chain, "journal.db") : payload!.Path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string digest = await WriteAsync(entry.DataStream ?? Stream.Null, path, cancel).ConfigureAwait(false);
        if (payload is { IsTombstone: false } && digest != $"{payload.Digest}")
            throw new BackupException($"'{_file}' is damaged: payload {payload.Digest.Short} of chain '{chain}' does not match its digest");
        _found[chain].Add(
            isJournal ? $"journal {digest}" : payload!.IsTombstone ? $"pruned {payload.Digest}" : $"payload {payload.Digest}");
    }

    private static async Task<string> WriteAsync(Stream content, string path, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[128 * 1024];
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        while (await content.ReadAsync(buffer, cancel).ConfigureAwait(false) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            await file.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
        }

        file.Flush(flushToDisk: true);
        return $"{new Digest(hash.GetHashAndReset())}";
    }

    private async Task CheckAsync(BackupManifest.Chain chain)
    {
        string[] expected = [$"journal {chain.Journal}", .. chain.Payloads.Select(p => $"payload {p}"), .. chain.Pruned.Select(p => $"pruned {p}")];
        var found = _found.GetValueOrDefault(chain.Name) ?? [];
        if (!found.SetEquals(expected))
        {
            throw new BackupException(
                $"'{_file}' is damaged: of chain '{chain.Name}' it holds {found.Count} files where its manifest names {expected.Length}, or others");
        }

        if (_target.Member is { } member && member != chain.Member)
            throw new BackupException($"the backup of chain '{chain.Name}' is that of '{chain.Member}', and this site is '{member}'");
        var journal = Staged(chain.Name);
        var report = LedgerVerifier.Verify(journal);
        if (report.FirstBad is { } bad)
            throw new BackupException($"chain '{chain.Name}' does not verify: record {bad.Record} (height {bad.Height}): {bad.What}");
        if ((report.Chain, $"{report.ChainId}", report.Member, report.Height) != (chain.Name, chain.ChainId, chain.Member, chain.Height))
            throw new BackupException($"'{_file}' is damaged: chain '{chain.Name}' is not the one that its manifest names");
        if (!LedgerReader.TryOpen(journal, out var reader, out string? fault))
            throw new BackupException($"chain '{chain.Name}' has no genesis: {fault}");
        WriteGenesis(chain.Name, Canonical.Encode(reader.Genesis));
        if (!_target.NothingSignedSince)
        {
            await JournalWriter.AppendAsync(
                journal, chain.Name, reader.PersistenceId,
                seal => [JournalEntry.Create(seal, [new JournalRecord.Restored(report.Height)])]).ConfigureAwait(false);
        }
    }

    /// <summary>The journal first, so that a folder in place always has one.</summary>
    private async Task PlaceAsync(BackupManifest.Chain chain)
    {
        var journal = _target.Journal(chain.Name);
        string staged = Path.Combine(_staging, chain.Name);
        if (journal is ChainJournal.PostgreSql)
        {
            await JournalCopy.TransferAsync(Staged(chain.Name), journal).ConfigureAwait(false);
            Directory.EnumerateFiles(staged, "journal.db*").ToList().ForEach(File.Delete);
        }

        foreach (string created in Directory.EnumerateDirectories(staged, "*", SearchOption.AllDirectories).Append(staged))
            DurableFile.SyncFolder(created);
        RequireFreeFolder(chain.Name);
        string folder = Path.Combine(_target.ChainsFolder, chain.Name);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.Move(staged, folder);
        DurableFile.SyncFolder(_target.ChainsFolder);
    }

    private void WriteGenesis(string chain, byte[] genesis)
    {
        string waiting = Path.Combine(_target.ChainsFolder, chain, GenesisFile);
        if (File.Exists(waiting) && !File.ReadAllBytes(waiting).AsSpan().SequenceEqual(genesis))
            throw new BackupException($"'{waiting}' is the genesis of another chain '{chain}'; the backup is not of that one");
        string staged = Path.Combine(_staging, chain, GenesisFile);
        DurableFile.Write(staged, staged + ".new", genesis);
    }

    private ChainJournal.Sqlite Staged(string chain) => new(Path.Combine(_staging, chain, "journal.db"));

    /// <summary>Nothing of the chain may be there yet but its genesis.</summary>
    private void RequireFreeFolder(string chain)
    {
        string folder = Path.Combine(_target.ChainsFolder, chain);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(entry => Path.GetFileName(entry) != GenesisFile))
            throw new BackupException($"'{folder}' is not empty; move it away first: a restore overwrites nothing");
    }

    private void RequireEmptyJournal(string chain)
    {
        var journal = _target.Journal(chain);
        if (journal is not ChainJournal.PostgreSql postgres)
            return;
        try
        {
            if (JournalFinder.InDatabase(postgres.ConnectionString).Contains(postgres) && JournalReader.Read(journal).Any())
                throw new BackupException($"journal {journal} holds records already; drop or rename its schema first: a restore overwrites nothing");
        }
        catch (DbException e)
        {
            throw new BackupException($"journal {journal} cannot be opened: {JournalFault.Describe(e)}", e);
        }
    }

    [GeneratedRegex(@"^chains/(?<chain>[a-z0-9-]{1,64})/(?<file>journal\.db|payloads/(?<payload>[0-9a-f]{2}/[0-9a-f]{62}(\.pruned)?))\z")]
    private static partial Regex Layout();
}
