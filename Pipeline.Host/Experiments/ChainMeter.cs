using System.Security.Cryptography;
using System.Text;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Pipeline.Actors.Training;
using Pipeline.Host.Configuration;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>
/// Runs a real chain of a task's institutions for a few rounds (replicas, journals, payload exchange, training actors, joined in this process)
/// and counts what it sends: updates with their acks, transactions, votes, blocks, attestations.
/// </summary>
internal static class ChainMeter
{
    private const int Rounds = 4;

    private static readonly Config Akka = ConfigurationFactory
        .ParseString("akka { loglevel = WARNING, stdout-loglevel = OFF, loggers = [] }").WithFallback(SiteConfiguration.DefaultAkka)
        .WithFallback(LedgerSerializer.Config).WithFallback(TrainingActor.DispatcherConfig);

    /// <param name="Payload">Bytes a round on the payload lane, all sites together.</param>
    /// <param name="Rest">Bytes a round on the other lanes.</param>
    public sealed record Wire(double Payload, double Rest)
    {
        public double Total => Payload + Rest;
    }

    /// <exception cref="InvalidOperationException">The chain did not come to its end in time.</exception>
    public static async Task<Wire> MeasureAsync(ArmContext context, RoundPolicy policy, TimeSpan patience)
    {
        var folder = Directory.CreateTempSubdirectory("pipeline-chain-");
        var sites = new List<(SiteIdentity Identity, ActorSystem System)>();
        try
        {
            var hub = new InProcessPeerHub();
            var runtime = new TorchRuntime();
            foreach (var site in context.Task.Sites)
            {
                sites.Add((
                    SiteIdentity.Create(Path.Combine(folder.FullName, site.Site), Secret(context, site.Site, "member"), Secret(context, site.Site, "site")),
                    ActorSystem.Create($"site-{sites.Count}", BootstrapSetup.Create().WithConfig(Akka))));
            }

            var genesis = Agree(context, policy, [.. sites.Select(s => s.Identity.Signer.PublicKey)]);
            var networks = new List<IPeerNetwork>();
            var done = new List<Task>();
            for (int i = 0; i < sites.Count; i++)
            {
                var site = context.Task.Sites[i];
                var completed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                done.Add(completed.Task);
                sites[i].System.ActorOf(Props.Create(() => new CompletionWatch(completed)));
                networks.Add(hub.Join(site.Site));
                _ = new ChainNode(
                    sites[i].System,
                    new ChainNodeSettings
                    {
                        Site = site.Site,
                        DataDirectory = Path.Combine(folder.FullName, site.Site),
                        Genesis = genesis,
                        Identity = sites[i].Identity,
                        Network = networks[i],
                        InitialModel = context.Start.ToBytes(),
                        Timeouts = ConsensusTimeouts.Local,
                        Payloads = PayloadExchangeSettings.Default with { Tick = TimeSpan.FromMilliseconds(200) },
                        Device = "cpu",
                        Trainer = context.Settings,
                    },
                    new SampleSnapshot(site.Samples, context.Task.Classes), runtime);
            }

            await Task.WhenAll(done).WaitAsync(patience, TimeProvider.System, context.Stop).ConfigureAwait(false);
            double Sent(Func<PeerLane, bool> lanes) => networks.Sum(
                n => Enum.GetValues<PeerLane>().Where(lanes).Sum(lane => (double)n.BytesSent(genesis.ChainId, lane))) / Rounds;
            return new Wire(Sent(lane => lane == PeerLane.Payload), Sent(lane => lane != PeerLane.Payload));
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"the chain of {context.Task.Name} did not end {Rounds} rounds within {patience.TotalMinutes:0} minutes", e);
        }
        finally
        {
            foreach (var (identity, system) in sites)
            {
                await system.Terminate().ConfigureAwait(false);
                identity.Dispose();
            }

            JournalConfig.CloseSqlite();
            folder.Delete(recursive: true);
        }
    }

    private static Genesis Agree(ArmContext context, RoundPolicy policy, IReadOnlyList<MemberPublicKey> keys)
    {
        var members = new MemberSet([.. context.Task.Sites.Select((site, i) => new Member(site.Site, keys[i]))]);
        var learning = new LearningGenesis(
            context.Task.Descriptor, context.Layout, policy with { Rounds = Rounds, Quorum = members.Quorum }, context.Start.Digest, [],
            (long)TimeSpan.FromDays(1).TotalMilliseconds);
        return new Genesis(
            Genesis.CurrentVersion, $"experiment-{context.Task.Name.Replace('_', '-')}", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), members,
            new ConsensusParameters(Block.MaxTransactions, HeartbeatMs: 1000, MaxClockDriftMs: 30_000), Canonical.Encode(learning));
    }

    private static byte[] Secret(ArmContext context, string site, string purpose) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"pipeline/experiment/{context.Seed}/{site}/{purpose}"));

    /// <summary>Sees a site's chain come to its end.</summary>
    private sealed class CompletionWatch : ReceiveActor
    {
        public CompletionWatch(TaskCompletionSource completed)
        {
            Receive<LearnerProtocol.CollaborationCompleted>(_ => completed.TrySetResult());
            Context.System.EventStream.Subscribe(Self, typeof(LearnerProtocol.CollaborationCompleted));
        }
    }
}
