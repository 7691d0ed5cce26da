using Npgsql;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Site;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Host.Doctor;

/// <summary>Each chain of the site: genesis, the site's seat, labels, journal.</summary>
internal static class ChainChecks
{
    private const string Area = "chains";
    private const int ShownProblems = 3, ConnectSeconds = 5;

    public static async Task RunAsync(Examination examination, SiteIdentity? identity, CancellationToken stop)
    {
        foreach (var chain in examination.Site.Chains)
        {
            var genesis = Genesis(examination, chain, identity);
            Labels(examination, chain, GenesisFile.TaskOf(genesis)?.Classes ?? chain.Classes, identity?.SiteKey ?? new SiteKey(new byte[32]));
            if (chain.ConnectionString is { } connection)
                await JournalAsync(examination, chain, connection, stop).ConfigureAwait(false);
        }
    }

    private static Genesis? Genesis(Examination examination, ChainSettings chain, SiteIdentity? identity)
    {
        string key = $"pipeline.chains.{chain.Name}.genesis";
        Genesis? genesis;
        try
        {
            genesis = GenesisFile.Read(chain.GenesisFile, chain.Name);
        }
        catch (Exception e) when (e is CommandFailedException or IOException or UnauthorizedAccessException)
        {
            examination.Fail(Area, key, e.Message, "install the genesis that all members signed: pipeline chain join PROPOSAL");
            return null;
        }

        if (genesis is null)
        {
            examination.Warn(
                Area, key, $"chain {chain.Name}: there is no genesis at '{chain.GenesisFile}': images are ingested, nothing is trained", "install it: pipeline chain join PROPOSAL");
        }
        else if (examination.Now.ToUnixTimeMilliseconds() < genesis.Time)
        {
            examination.Fail(Area, key, $"chain {chain.Name} was founded at {DateTimeOffset.FromUnixTimeMilliseconds(genesis.Time):u}, and it is {examination.Now:u} here", "set the clock");
        }
        else if (genesis.Members.Find(examination.Site.Name) is { } own && identity is not null && identity.Keys.Find(own.Key) is null &&
            !KeyFile.RetiredMember(examination.Site.DataDirectory, own.Key).Exists)
        {
            examination.Fail(
                Area, "pipeline.site.data-directory", $"chain {chain.Name} was founded with the member key {own.Key}, and that of this site is {identity.Signer.PublicKey}",
                "restore keys/member.key from its copy, or have the members admit the new key");
        }
        else
        {
            examination.Ok(
                Area, $"chain {chain.Name}: {genesis.Members.Count} founders" + (genesis.Members.IndexOf(examination.Site.Name) < 0 ? $"; {examination.Site.Name} is none of them and follows until it is admitted" : ""));
        }

        return genesis;
    }

    private static void Labels(Examination examination, ChainSettings chain, IReadOnlyList<string> classes, SiteKey key)
    {
        string name = $"pipeline.chains.{chain.Name}.labels";
        if (chain.LabelsFile is not { } file)
        {
            if (chain.Scope.LabelAttribute is null)
                examination.Warn(Area, name, $"chain {chain.Name} has no labels: images wait", "name a CSV file, or label-attribute; docs/how-to/labels.md");
            return;
        }

        var source = new CsvLabelSource(file, classes, key);
        int rows = source.Poll().Count;
        if (source.Problems.Count > 0)
        {
            examination.Fail(
                Area, name, $"chain {chain.Name}: {string.Join(" ", source.Problems.Take(ShownProblems))}{(source.Problems.Count > ShownProblems ? $" And {source.Problems.Count - ShownProblems} more." : "")}",
                "mend the file, which is read again when it changes; docs/how-to/labels.md");
        }
        else
        {
            examination.Ok(Area, $"chain {chain.Name}: {rows} labels in '{file}'");
        }
    }

    private static async Task JournalAsync(Examination examination, ChainSettings chain, string connection, CancellationToken stop)
    {
        string shown = SecretKeys.Mask("connection-string", connection);
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connection) { Timeout = ConnectSeconds, Pooling = false };
            await using var server = new NpgsqlConnection(settings.ConnectionString);
            await server.OpenAsync(stop).ConfigureAwait(false);
            examination.Ok(Area, $"chain {chain.Name}: PostgreSQL {server.PostgreSqlVersion} answers at {shown}");
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
        {
            examination.Fail(
                Area, $"pipeline.chains.{chain.Name}.connection-string", $"chain {chain.Name}: the journal's server does not take {shown}: {e.Message.TrimEnd('.')}",
                "check host, port, database and user, and give the password by PGPASSWORD or a .pgpass file");
        }
    }
}
