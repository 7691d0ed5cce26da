using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using Akka.Remote.Transport;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Cluster;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Control;
using Pipeline.Host.Gateway;
using Pipeline.Host.Monitoring;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Spectre.Console;

namespace Pipeline.Host.Site;

/// <summary>
/// What <c>pipeline run</c> does: one site from its configuration until it is told to stop. A chain whose genesis is in place is joined; one
/// without ingests images in the shape that its configuration names, so that a PACS can be connected before the consortium has met.
/// </summary>
internal static class SiteRunner
{
    private static readonly TimeSpan RecoveryPatience = TimeSpan.FromSeconds(15);

    /// <summary>Threads that the pool starts at once. Associations, stages and consensus answer one another, and a read from the disk holds its thread.</summary>
    private const int LeastThreads = 16;

    public static async Task<int> RunAsync(SiteConfiguration configuration, Terminal terminal, CancellationToken stop)
    {
        using var hangUp = new HangUp();
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(Math.Max(workers, LeastThreads), completions);
        var site = configuration.Site;
        string? passphrase = Passphrase.Find(site.PassphraseFile);
        if (site.Cluster is not null && !SiteIdentity.Exists(site.DataDirectory))
        {
            throw new CommandFailedException(
                $"there are no keys below '{site.DataDirectory}': the nodes of one site have the same, so copy keys/ of its first node, or of 'pipeline init', to every node");
        }

        using var identity = Identity(site, passphrase);
        var chains = site.Chains.Select(chain => (Settings: chain, Genesis: GenesisFile.Read(chain.GenesisFile, chain.Name))).ToArray();
        ActorSystem? system = null;
        Gateway.Gateway? Open() => OpenGateway(site, passphrase, told => Log(system, told));
        await using var gateway = site.Cluster is null ? Open() : null;
        ChainRoute[] routes = [.. chains.Select(c => SiteRoutes.Of(c.Settings, c.Genesis, identity))];
        var settings = new SiteNodeSettings
        {
            Site = site.Name,
            DataDirectory = site.DataDirectory,
            Akka = site.Cluster is { } nodes
                ? configuration.Akka.WithFallback(ClusterAkka.Of(nodes, site.Name, site.Roles, identity.SiteKey)) : configuration.Akka,
            Links = site.Cluster is null ? null : ClusterAkka.Tls(site.Cluster, passphrase),
            Identity = identity,
            Network = gateway ?? new InProcessPeerHub().Join(site.Name),
            Deidentification = site.Deidentification,
            StorageKeys = Keys(site),
            AeTitle = site.Dicom.AeTitle,
            Timeouts = site.Consensus,
            Payloads = site.Payloads.Exchange,
            PayloadQuotaBytes = site.Payloads.QuotaBytes,
            Snapshots = site.Snapshots,
            Device = site.Trainer.Device,
        }.In(site, routes);
        var started = await StartNodeAsync(site, TakesImages(site) ? settings : settings with { Dicom = settings.Dicom with { Port = null, Tls = null } }).ConfigureAwait(false);
        if (!started.Ok)
            throw new CommandFailedException(started.Fault.Message);
        await using var node = started.Value;
        system = node.System;
        SiteCluster? cluster = null;
        await using var observer = SiteObserver.Create(node, site, () => gateway ?? cluster?.Gateway, TimeProvider.System);
        if (site.Cluster is not null)
        {
            cluster = Spread(node, site, chains, Open, terminal);
        }
        else
        {
            foreach (var (own, genesis) in chains)
            {
                if (Join(node, own, genesis, site.DataDirectory, terminal) is { } chain)
                    gateway?.Follow(Followed(chain, identity.Keys));
            }

            if (site.Roles.Contains(SiteCluster.Bridge))
                Relay(node, terminal);
            await RecoveredAsync(node, terminal, stop).ConfigureAwait(false);
            await StartAsync(gateway, site, terminal).ConfigureAwait(false);
        }

        using var spread = cluster;
        foreach (var ((own, _), route) in chains.Zip(routes).Where(_ => TakesImages(site)))
            terminal.Out.WriteLine(SiteRoutes.Describe(own, route));
        if (site.Dicom.Server.Tls is not null && TakesImages(site))
            terminal.Out.WriteLine($"site {site.Name} takes TLS on {site.Dicom.Server.Address}:{node.Ingest.TlsPort}; AE titles: {SiteRoutes.Titles(site)}");
        if (site.Dicom.Server.Port is not null && TakesImages(site))
            terminal.Out.WriteLine($"site {site.Name} listens on {site.Dicom.Server.Address}:{node.Ingest.Port}; AE titles: {SiteRoutes.Titles(site)}");

        observer.Begin();
        var rotation = new MemberKeyRotation(site.Name, site.DataDirectory, identity, passphrase) { IsSpread = site.Cluster is not null };
        await using var settling = new KeySettling(rotation, node);
        var chainControl = new ChainControl(
            site.Name, rotation, () => node.Chains.Values.Select(c => new GovernedChain(c.Genesis, c.Replica, () => c.View, c.Transactions)));
        var reload = new SiteReload(
            configuration, wanted => node.Apply(settings.In(wanted, [.. wanted.Chains.Join(chains, own => own.Name, ran => ran.Settings.Name, (own, ran) =>
                SiteRoutes.Scoped(routes.First(route => route.Chain == own.Name), own, ran.Genesis))])),
            level => node.System.EventStream.SetLogLevel(Logging.LogLevelFor(level)), node.Ingest.Audit, terminal.Out.WriteLine, TimeProvider.System);
        await using var control = Control(chainControl, site, observer, reload);
        using var serving = hangUp.Serve(() => reload.Run(SiteReload.Signal));
        await using var status = await StatusPort.OpenAsync(site, identity.SiteKey, node.Ingest.Audit, passphrase, observer, chainControl.AnswerAsync, terminal, stop).ConfigureAwait(false);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Register(stopped.SetResult))
            await Task.WhenAny(stopped.Task, node.Ingest.Completion, node.System.WhenTerminated).ConfigureAwait(false);
        if (!stopped.Task.IsCompleted && CoordinatedShutdown.Get(node.System).ShutdownReason is not null)
        {
            throw new CommandFailedException(
                $"node '{site.Cluster?.Node}' has left the cluster: the others did not reach it for a while, or it has other keys than they; start it again and it joins anew");
        }

        if (!stopped.Task.IsCompleted)
            throw Broken(node.Ingest.Completion);
        terminal.Out.WriteLine("stopping: associations end, what is in flight is committed");
        return ExitCode.Ok;
    }

    private static async Task<Outcome<SiteNode>> StartNodeAsync(SiteSettings site, SiteNodeSettings settings)
    {
        try
        {
            return await SiteNode.StartAsync(settings).ConfigureAwait(false);
        }
        catch (Exception e) when (site.Cluster is not null && e.GetBaseException() is SocketException or RemoteTransportException)
        {
            throw new CommandFailedException(
                $"node '{site.Cluster!.Node}' cannot listen on {site.Cluster.Host}:{site.Cluster.Port}: {e.GetBaseException().Message.TrimEnd('.')}; see pipeline.cluster.host and port", e);
        }
    }

    private static bool TakesImages(SiteSettings site) => site.Cluster is null || site.Roles.Contains(SiteCluster.Ingest);

    /// <summary>This node's share of a site of several.</summary>
    private static SiteCluster Spread(
        SiteNode node, SiteSettings site, IReadOnlyList<(ChainSettings Settings, Genesis? Genesis)> chains, Func<Gateway.Gateway?> open, Terminal terminal)
    {
        var spread = new List<SpreadChain>();
        foreach (var (settings, genesis) in chains)
        {
            if (genesis is null)
                terminal.Out.WriteLine($"chain {settings.Name}: no genesis at {settings.GenesisFile}; images are ingested, nothing is trained yet");
            else
                spread.Add(new SpreadChain(node.SettingsOf(genesis, new ChainFolder(site.DataDirectory, settings.Name).Journal(settings.ConnectionString), settings.Limits)));
        }

        var at = site.Cluster!;
        try
        {
            var cluster = SiteCluster.Start(node, site.Roles, spread, open, Keys(site), site.Ingest.SampleCacheBytes, at.Training);
            terminal.Out.WriteLine($"node {at.Node} of site {site.Name} ({string.Join(", ", site.Roles)}) links to other nodes at {at.Host}:{at.Port}{(at.Tls is null ? ", without TLS" : "")}");
            return cluster;
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"node {at.Node}: {e.Message}", e);
        }
    }

    /// <summary>A chain as the gateway carries it.</summary>
    internal static GatewayChain Followed(ChainNode chain, MemberKeys keys) =>
        GatewayChain.Of(chain.Genesis.ChainId, chain.Genesis.Name, () => chain.View.Rules, keys);

    /// <summary>Null where none is configured: the site is alone then.</summary>
    private static Gateway.Gateway? OpenGateway(SiteSettings site, string? passphrase, Action<GatewayEvent> tell)
    {
        if (!site.Gateway.Enabled)
            return null;
        try
        {
            return new Gateway.Gateway(
                site.Name, site.Gateway, GatewayCertificate.Load(site.Gateway.CertificateFile, site.Gateway.KeyFile, passphrase), tell);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandFailedException(
                $"the gateway's certificate '{site.Gateway.CertificateFile}' with key '{site.Gateway.KeyFile}' cannot be used: {e.Message.TrimEnd('.')}; "
                + "'pipeline init' makes both, and the passphrase is that of the site's keys", e);
        }
    }

    /// <summary>Peers are to find a member that can answer: what came to a replica that still reads its journal would only pile up.</summary>
    private static Task RecoveredAsync(SiteNode node, Terminal terminal, CancellationToken stop) => Task.WhenAll(node.Chains.Values.Select(async chain =>
    {
        try
        {
            await chain.Replica.Ask<ChainProtocol.ChainStatus>(ChainProtocol.GetStatus.Instance, RecoveryPatience, stop).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            terminal.Out.WriteLine($"chain {chain.Genesis.Name}: still reads its journal after {RecoveryPatience.TotalSeconds:0} s; the gateway begins without it");
        }
    }));

    private static async Task StartAsync(Gateway.Gateway? gateway, SiteSettings site, Terminal terminal)
    {
        if (gateway is null)
        {
            terminal.Out.WriteLine("no gateway (pipeline.gateway.enabled = off): this site reaches no other institution");
            return;
        }

        try
        {
            await gateway.StartAsync().ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new CommandFailedException($"the gateway cannot listen on {site.Gateway.Listen}: {e.Message.TrimEnd('.')}; see pipeline.gateway.listen", e);
        }

        string dialled = string.Join(", ", site.Gateway.Peers.Where(p => p.Address is not null).Select(p => $"{p.Member} at {p.Address}"));
        terminal.Out.WriteLine(
            (site.Gateway.Listen is { } at ? $"gateway listens on {at.Address}:{gateway.Port}" : "gateway does not listen") +
            $"; dials {(dialled.Length == 0 ? "nobody" : dialled)}");
    }

    /// <summary>
    /// Between each two of its chains, each way: of a chain that the other does not trust nothing is said, and trust is the members' to give. Others may
    /// relay the same: whoever comes second is ignored.
    /// </summary>
    private static void Relay(SiteNode node, Terminal terminal)
    {
        string[] chains = [.. node.Chains.Keys.Order(StringComparer.Ordinal)];
        foreach (string source in chains)
        {
            foreach (string destination in chains.Where(chain => chain != source))
                node.Relay(source, destination);
        }

        if (chains.Length > 1)
            terminal.Out.WriteLine($"relays packets, acks and epochs between {string.Join(", ", chains)}, as far as they trust each other");
    }

    private static void Log(ActorSystem? system, GatewayEvent told) => system?.Log.Log(told.Level, null, told.ToString());

    /// <summary>Where the operator asks and votes.</summary>
    private static ControlServer Control(ChainControl chains, SiteSettings site, SiteObserver observer, SiteReload reload)
    {
        try
        {
            return ControlServer.Start(site.DataDirectory, (request, stop) => request.Verb switch
            {
                StatusPort.Verb => Task.FromResult(new ControlResponse(true, [JsonSerializer.Serialize(observer.Latest, StatusJson.Options)])),
                SiteReload.Verb => Task.FromResult(reload.Run(SiteReload.Operator)),
                _ => chains.AnswerAsync(request, stop),
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(e.Message, e);
        }
    }

    private static SiteIdentity Identity(SiteSettings site, string? passphrase)
    {
        try
        {
            return SiteIdentity.LoadOrCreate(site.DataDirectory, passphrase);
        }
        catch (KeyFileException e)
        {
            throw new CommandFailedException(e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(
                $"the keys of site {site.Name} below '{site.DataDirectory}' cannot be used: {e.Message.TrimEnd('.')}; "
                + "pipeline.site.data-directory must be a folder that this user may write to", e);
        }
    }

    private static StorageKeys Keys(SiteSettings site)
    {
        try
        {
            return StorageKeyFile.Load(site.DataDirectory, site.Encryption, create: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"the keys of encryption at rest cannot be used: {e.Message.TrimEnd('.')}; see pipeline.encryption", e);
        }
    }

    private static CommandFailedException Broken(Task stages) => new(
        $"the stages between spool and sample store ended by themselves: {stages.Exception?.GetBaseException().Message ?? "without a reason"}; "
        + "what was acknowledged is in the spool, and a restart goes on with it", stages.Exception!);

    /// <returns>Null while the chain's genesis is not in place.</returns>
    private static ChainNode? Join(SiteNode node, ChainSettings settings, Genesis? genesis, string dataDirectory, Terminal terminal)
    {
        if (genesis is null)
        {
            terminal.Out.WriteLine($"chain {settings.Name}: no genesis at {settings.GenesisFile}; images are ingested, nothing is trained yet");
            return null;
        }

        ChainNode chain;
        try
        {
            chain = node.Join(genesis, journal: new ChainFolder(dataDirectory, settings.Name).Journal(settings.ConnectionString), limits: settings.Limits);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or JournalUnavailableException)
        {
            throw new CommandFailedException($"chain {settings.Name}: {e.Message}");
        }

        bool founded = genesis.Members.IndexOf(node.Site) >= 0;
        terminal.Out.WriteLine(founded
            ? $"chain {settings.Name}: joined as '{node.Site}', {genesis.Members.Count} members, tolerates {genesis.Members.MaxFaulty} faulty"
            : $"chain {settings.Name}: '{node.Site}' did not found it and follows until the members have decided that it joins; see 'pipeline chain status'");
        return chain;
    }
}
