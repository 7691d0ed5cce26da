using System.Data.Common;
using Pipeline.Host.Configuration;
using Pipeline.Host.Site;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Sync;

namespace Pipeline.Host.Commands;

/// <summary>Finds the journals that a person means.</summary>
internal static class LedgerSource
{
    /// <summary>For the help of a command.</summary>
    public const string Description =
        "A site's data directory, any folder above journals, a site's configuration file, a journal file, or a PostgreSQL connection string.";

    /// <summary>The journals of a place, at least one.</summary>
    /// <exception cref="CommandFailedException">There is none, or the place does not exist.</exception>
    public static IReadOnlyList<ChainJournal> All(LedgerPlace place) => [.. WithPayloads(place).Select(source => source.Journal)];

    /// <inheritdoc cref="All"/>
    /// <remarks>Payloads lie in the folder of the journal's file; where a database alone is named they are not at hand.</remarks>
    public static IReadOnlyList<BackupSource> WithPayloads(LedgerPlace place)
    {
        var found = Find(place.Source);
        BackupSource[] sources = place.Chain is { } chain ? [.. found.Where(source => IsOf(source.Journal, chain))] : found;
        if (sources.Length > 0)
            return sources;
        throw new CommandFailedException(
            place.Chain is null ? $"there is no journal at '{place.Source}'"
            : found.Length == 0 ? $"there is no journal of chain '{place.Chain}' at '{place.Source}'"
            : $"there is no journal of chain '{place.Chain}' at '{place.Source}'; there is {string.Join(", ", found.Select(source => source.Journal))}");
    }

    /// <summary>The one journal of a place.</summary>
    /// <exception cref="CommandFailedException">There is none, or more than one.</exception>
    public static ChainJournal One(LedgerPlace place)
    {
        var all = All(place);
        return all.Count == 1
            ? all[0]
            : throw new CommandFailedException(
                $"'{place.Source}' holds {all.Count} journals ({string.Join(", ", all.Take(4))}{(all.Count > 4 ? ", …" : "")}); name one, or its chain")
            {
                ExitCode = ExitCode.Usage,
            };
    }

    /// <summary>A site as a configuration file describes it.</summary>
    /// <exception cref="CommandFailedException">The file has mistakes.</exception>
    public static SiteSettings Site(string file)
    {
        var result = SiteConfiguration.Load(file);
        return result.IsValid
            ? result.Configuration.Site
            : throw new CommandFailedException($"{result.Errors[0]}; see 'pipeline config check {file}'") { ExitCode = ExitCode.Usage };
    }

    public static bool IsConfiguration(string path) => Path.GetExtension(path) is ".conf" or ".hocon" && File.Exists(path);

    private static BackupSource[] Find(string source)
    {
        if (Directory.Exists(source))
            return [.. JournalFinder.InFolder(Path.GetFullPath(source)).Select(OfFile)];
        if (IsConfiguration(source))
        {
            var site = Site(source);
            return [.. site.Chains.Select(chain => (chain.ConnectionString, Folder: new ChainFolder(site.DataDirectory, chain.Name)))
                .Select(chain => new BackupSource(chain.Folder.Journal(chain.ConnectionString), chain.Folder.Payloads))];
        }

        if (File.Exists(source))
            return [OfFile(new ChainJournal.Sqlite(Path.GetFullPath(source)))];
        if (!SettingsRules.IsConnectionString(source))
            throw new CommandFailedException($"there is no folder or file '{source}'") { ExitCode = ExitCode.Usage };
        try
        {
            return [.. JournalFinder.InDatabase(source).Select(journal => new BackupSource(journal, null))];
        }
        catch (DbException e)
        {
            throw new CommandFailedException($"the database cannot be read: {JournalFault.Describe(e)}", e);
        }
    }

    private static BackupSource OfFile(ChainJournal.Sqlite journal) =>
        new(journal, Path.Combine(Path.GetDirectoryName(journal.File)!, "payloads"));

    /// <summary>By the folder or schema where it has the chain's name; by the genesis in it otherwise.</summary>
    private static bool IsOf(ChainJournal journal, string chain)
    {
        bool named = journal switch
        {
            ChainJournal.Sqlite sqlite => Path.GetFileName(Path.GetDirectoryName(sqlite.File)) == chain,
            ChainJournal.PostgreSql postgres => postgres.Schema == ChainJournal.PostgreSql.SchemaOf(chain),
            _ => false,
        };
        if (named)
            return true;
        return LedgerReader.TryOpen(journal, out var reader, out _) && reader.Genesis.Name == chain;
    }
}
