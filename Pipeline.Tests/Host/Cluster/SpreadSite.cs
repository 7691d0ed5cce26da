using System.Globalization;
using Npgsql;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Storage;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Commands;
using Pipeline.Host.Drills;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Sync;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Host.Cluster;

/// <summary>
/// Two hospitals as real processes: "north" on three nodes, its journal in PostgreSQL, and "south" on one. A round closes with north's update alone, blocks need
/// both. Node a takes images and may hold the ledger, b trains and may hold the ledger, c takes images and trains.
/// </summary>
internal sealed class SpreadSite : IAsyncDisposable
{
    public const string Chain = "chest";

    private const string Passphrase = "one site on three nodes";

    private static readonly (string Node, string Roles)[] Nodes = [("a", "ingest, ledger, bridge"), ("b", "trainer, ledger, bridge"), ("c", "ingest, trainer")];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly string _folder;
    private readonly Dictionary<string, DrillSite> _sites = [];
    private readonly Dictionary<string, int> _dicom = [];

    private readonly NamespaceNetwork? _network;

    private SpreadSite(string folder, string connection, NamespaceNetwork? network) => (_folder, Connection, _network) = (folder, connection, network);

    /// <summary>Of a database of its own.</summary>
    public string Connection { get; }

    public ChainJournal Journal => ChainJournal.PostgreSql.Of(Chain, Connection);

    /// <summary>Where a node takes images.</summary>
    public (string Host, int Port) Dicom(string node) => (HostOf(node), _dicom[node]);

    public DrillSite South => _sites["south"];

    public DrillSite this[string node] => _sites[node];

    /// <summary>Makes keys, chain, database and files; starts nothing.</summary>
    /// <param name="network">A machine of its own for each node, and TLS between them; null for ports of this one.</param>
    /// <param name="at">The server as nodes reach it; null for as this process does.</param>
    /// <param name="more">Lines of every node's file that win.</param>
    public static async Task<SpreadSite> ProvisionAsync(
        string folder, string server, NamespaceNetwork? network = null, (string Host, int Port)? at = null, string more = "")
    {
        string database = $"spread_{Guid.NewGuid():N}";
        await using (var connection = new NpgsqlConnection(server))
        {
            await connection.OpenAsync();
            await using var create = new NpgsqlCommand($"CREATE DATABASE {database}", connection);
            await create.ExecuteNonQueryAsync();
        }

        var site = new SpreadSite(folder, new NpgsqlConnectionStringBuilder(server) { Database = database }.ConnectionString, network);
        using var terminal = new TestTerminal();
        string passphrase = Path.Combine(folder, "passphrase");
        await File.WriteAllTextAsync(passphrase, Passphrase + "\n");
        foreach (string member in (string[])["north", "south"])
            Demand(await SiteProvisioning.InitAsync(new InitRequest(member, site.Data(member), "", null, 0, passphrase, null, null), terminal.Terminal, default), terminal);
        string terms = Path.Combine(folder, "terms.conf"), proposal = Path.Combine(folder, "chest.proposal");
        await File.WriteAllTextAsync(
            terms, """
            chain {
              modality = CR, height = 32, width = 32, classes = "female,male", rounds = 100000, quorum = 1, deadline-blocks = 4, local-steps = 1, batch-size = 8
              heartbeat = 250ms, on-equivocation = record
            }
            """);
        var ceremony = new ChainCeremony();
        string[] cards = [.. new[] { "north", "south" }.Select(member => Path.Combine(site.Data(member), $"{member}.member.json"))];
        Demand(await ceremony.CreateAsync(new ChainCreation(Chain, cards, terms, [], 1, proposal), terminal.Terminal, default), terminal);
        foreach (string member in (string[])["north", "south"])
            Demand(await ceremony.SignAsync(proposal, new CeremonySite(site.Data(member), passphrase), terminal.Terminal, default), terminal);
        foreach (string member in (string[])["north", "south"])
            Demand(await ceremony.JoinAsync([proposal], new CeremonySite(site.Data(member), passphrase), null, null, terminal.Terminal, default), terminal);
        var reached = new NpgsqlConnectionStringBuilder(site.Connection);
        if (at is { } other)
            (reached.Host, reached.Port) = other;
        site.Configure(reached.ConnectionString, more);
        return site;
    }

    public static async Task Until(Func<bool> condition, Func<string> missing)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, missing());
            await Task.Delay(Poll);
        }
    }

    public async Task StartAsync(params string[] sites)
    {
        foreach (string site in sites)
            _sites[site].Start();
        foreach (string site in sites)
            await Until(() => IsUp(site) || !_sites[site].IsRunning, () => $"{site} does not start:\n{_sites[site].Output}");
        Assert.All(sites, site => Assert.True(_sites[site].IsRunning, _sites[site].Output));
    }

    /// <summary>As an operator stops it; every one of them ends with exit code 0.</summary>
    public async Task StopAsync(string site)
    {
        await _sites[site].SignalAsync("TERM");
        await Until(() => !_sites[site].IsRunning, () => $"{site} does not stop:\n{_sites[site].Output}");
        Assert.True(await _sites[site].StopAsync(TimeSpan.Zero) == ExitCode.Ok, _sites[site].Output);
    }

    /// <summary>Waits for the second update of north later than a moment, on the chain as south has it: the first may have been made before it.</summary>
    /// <returns>How long after the moment its block is.</returns>
    public async Task<TimeSpan> TrainedAfter(DateTimeOffset moment)
    {
        DateTimeOffset? first = null;
        await Until(
            () => (first = Updates().Cast<DateTimeOffset?>().Where(time => time > moment).Skip(1).FirstOrDefault()) is not null,
            () => $"no update after {moment:T}\n" + string.Join('\n', _sites.Select(s => $"--- {s.Key}, {(s.Value.IsRunning ? "running" : "ended")}\n{s.Value.Output}")));
        return first!.Value - moment;
    }

    public static IReadOnlyList<AppliedBlock> Blocks(ChainJournal journal, out string? fault)
    {
        if (!LedgerReader.TryOpen(journal, out var reader, out fault))
            return [];
        var blocks = reader.Blocks().ToArray();
        fault = reader.FirstBad is { } bad ? $"record {bad.Record}: {bad.What}" : null;
        return blocks;
    }

    /// <summary>The sample that each acknowledged image became, by node; labelled, waiting for its label, or in quarantine.</summary>
    public HashSet<string> Samples(string node)
    {
        using var catalog = SampleCatalog.Open(Data($"north-{node}"), Chain);
        return [.. catalog.Samples.Select(sample => sample.Id)];
    }

    /// <summary>What a training node has copied of another's samples.</summary>
    public HashSet<string> Mirrored(string trainer, string node)
    {
        string root = Path.Combine(Data($"north-{trainer}"), "mirrors", Chain, node);
        string view = Path.Combine(_folder, $"view-{trainer}-{node}", "samples", Chain);
        if (!File.Exists(Path.Combine(root, "samples.log")))
            return [];
        Directory.CreateDirectory(view);
        File.Copy(Path.Combine(root, "samples.log"), Path.Combine(view, "samples.log"), overwrite: true);
        using var catalog = SampleCatalog.Open(Path.Combine(_folder, $"view-{trainer}-{node}"), Chain);
        return [.. catalog.Samples.Select(sample => sample.Id)];
    }

    /// <summary>The samples that instances become.</summary>
    public string[] IdsOf(IEnumerable<string> uids)
    {
        using var identity = SiteIdentity.LoadOrCreate(Data("north"), Passphrase);
        return [.. uids.Select(uid => identity.SiteKey.Pseudonym(PseudonymKind.Instance, uid))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var site in _sites.Values)
            await site.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
    }

    private IEnumerable<DateTimeOffset> Updates() => Blocks(new ChainFolder(Data("south"), Chain).Journal(null), out _)
        .Where(block => block.Block.Transactions.Any(t => t.Kind == LearningTransactions.Contribution && t.Sender == "north"))
        .Select(block => DateTimeOffset.FromUnixTimeMilliseconds(block.Block.Header.Time));

    /// <summary>A node is up when its share of what runs once in the site has begun: the next may go only then.</summary>
    private bool IsUp(string site) => _sites[site].Output.Contains(site == "south" ? "gateway listens" : "state change [Start -> ", StringComparison.Ordinal)
        && (!_dicom.TryGetValue(site, out int port) || _sites[site].Output.Contains($":{port};", StringComparison.Ordinal));

    private string Data(string name) => Path.Combine(_folder, name);

    private string HostOf(string site) => _network is null ? "127.0.0.1" : _network.ListenOf(site).Split(':')[0];

    private void Configure(string connection, string more)
    {
        int gateway = RelayNetwork.FreePort();
        IDrillNetwork here = new RelayNetwork([]);
        var ports = Nodes.ToDictionary(node => node.Node, _ => RelayNetwork.FreePort());
        string seeds = string.Join(", ", ports.Select(node => $"\"{HostOf(node.Key)}:{node.Value}\""));
        using var authority = _network is null ? null : new ClusterAuthority(_folder);
        foreach (var (node, roles) in Nodes)
        {
            Copy(Data("north"), Data($"north-{node}"));
            int dicom = RelayNetwork.FreePort();
            if (roles.Contains("ingest", StringComparison.Ordinal))
                _dicom[node] = dicom;
            Add(node, $"north-{node}", _network ?? here, $$"""
                pipeline.site { name = north, data-directory = "{{Data($"north-{node}")}}", roles = [{{roles}}] }
                pipeline.cluster { enabled = on, node = {{node}}, host = "{{HostOf(node)}}", port = {{ports[node]}}, seed-nodes = [{{seeds}}], failure-after = 1500ms, stable-after = 1s }
                pipeline.gateway.peers.south.address = "{{HostOf("south")}}:{{gateway}}"
                pipeline.dicom { host = "{{HostOf(node)}}", port = {{dicom}} }
                pipeline.chains.chest { journal = postgresql, connection-string = "{{connection}}" }
                {{authority?.Issue(node, HostOf(node))}}
                {{more}}
                """);
        }

        Add("south", "south", here, $$"""
            pipeline.site { name = south, data-directory = "{{Data("south")}}" }
            pipeline.gateway.listen = "{{HostOf("south")}}:{{gateway}}"
            pipeline.dicom { host = "127.0.0.1", port = 0 }
            """);
    }

    private void Add(string name, string data, IDrillNetwork network, string text)
    {
        string file = Path.Combine(_folder, $"{name}.conf");
        File.WriteAllText(file, $$"""
            {{text}}
            pipeline {
              gateway {
                enabled = on, keep-alive-interval = 1s, keep-alive-timeout = 2s, dial-again = 100ms, longest-dial-again = 500ms
              }
              consensus { propose-timeout = 1s, vote-timeout = 500ms, timeout-step = 250ms, rebroadcast-interval = 250ms, block-interval = 50ms }
              ingest { low-watermark = 0B, commit-interval = 50ms }
              chains.chest { ae-title = CHEST, label-attribute = "(0010,0040)", label-values = ["F = female", "M = male"], test-share = 0, validation-share = 0.01 }
              trainer { threads = 1, retry-interval = 300ms }
            }
            akka.loglevel = INFO
            """.Replace("\\", "\\\\", StringComparison.Ordinal));
        _sites[name] = new DrillSite(name, Data(data), Chain, file, Passphrase, network);
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static void Demand(int exitCode, TestTerminal terminal) => Assert.True(exitCode == ExitCode.Ok, string.Create(CultureInfo.InvariantCulture, $"{terminal.Output}{terminal.Errors}"));
}
