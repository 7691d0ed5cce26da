using Pipeline.Host.Reporting;
using Pipeline.Host.Site;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Sync;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>Backup and restore.</summary>
internal sealed partial class LedgerOperations
{
    public async Task<int> BackupAsync(LedgerPlace place, string toFile, Terminal terminal, CancellationToken stop)
    {
        var manifest = await LedgerBackup.WriteAsync(LedgerSource.WithPayloads(place), toFile, TimeProvider.System, stop);
        terminal.Out.Write(LedgerTables.Backup(manifest));
        foreach (var chain in manifest.Chains.Where(chain => chain.Damaged.Count > 0))
        {
            terminal.Complain(
                $"chain {chain.Name}: {chain.Damaged.Count} payloads no longer match their digests and were left out ({chain.Damaged[0]} …); remove the " +
                "files, and the site fetches them from the other members again");
        }

        terminal.Out.WriteLine($"{Quantities.Bytes(new FileInfo(toFile).Length)} in {toFile}; keep a copy of the site's keys elsewhere");
        return ExitCode.Ok;
    }

    public async Task<int> RestoreAsync(string file, string to, bool nothingSignedSince, Terminal terminal, CancellationToken stop)
    {
        var manifest = await LedgerRestore.RunAsync(file, Target(to) with { NothingSignedSince = nothingSignedSince }, stop);
        terminal.Out.Write(LedgerTables.Backup(manifest));
        terminal.Out.WriteLine(nothingSignedSince
            ? $"verified and in place at {to}; the site goes on from there"
            : $"verified and in place at {to}; the site follows the chain and signs nothing until the chain has passed what it may have signed since");
        return ExitCode.Ok;
    }

    private static RestoreTarget Target(string to)
    {
        if (!LedgerSource.IsConfiguration(to))
            return Target(to, chain => new ChainFolder(to, chain).Journal(null));
        var site = LedgerSource.Site(to);
        return Target(site.DataDirectory, chain =>
        {
            var settings = site.Chains.FirstOrDefault(configured => configured.Name == chain)
                ?? throw new CommandFailedException($"the backup holds chain '{chain}', which {to} does not name; add pipeline.chains.{chain}");
            return new ChainFolder(site.DataDirectory, chain).Journal(settings.ConnectionString);
        }) with
        { Member = site.Name };
    }

    private static RestoreTarget Target(string dataDirectory, Func<string, ChainJournal> journal) =>
        new(Path.GetDirectoryName(new ChainFolder(dataDirectory, "any").Root)!, journal);
}
