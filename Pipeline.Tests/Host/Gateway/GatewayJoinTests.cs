using Akka.Actor;
using Akka.Configuration;
using Pipeline.Host.Gateway;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Snapshots;
using Pipeline.Tests.Ledger.Consensus;
using Xunit;

namespace Pipeline.Tests.Host.Gateway;

/// <summary>Four members over gateways run a chain; a fifth institution enters it, over its gateway alone.</summary>
public sealed class GatewayJoinTests : IAsyncDisposable
{
    private const int A = 0, B = 1, C = 2, D = 3, Joiner = 4;
    private const int Interval = 4, Gap = 6, Height = 14;

    private readonly string _folder = Directory.CreateTempSubdirectory("pipeline-join").FullName;
    private readonly LearningReplicas _chain = new(institutions: 5, founders: 4);
    private readonly ActorSystem _exchanges = ActorSystem.Create("exchanges", ConfigurationFactory.ParseString("akka.loglevel = ERROR"));
    private readonly Pipeline.Host.Gateway.Gateway?[] _gateways = new Pipeline.Host.Gateway.Gateway?[5];
    private readonly IActorRef[] _replicas = new IActorRef[5];
    private readonly List<string> _events = [];

    [Fact]
    public async Task A_joiner_syncs_from_a_snapshot_is_voted_in_and_votes()
    {
        for (int i = A; i <= D; i++)
            await StartAsync(i);
        for (int i = A; i <= D; i++)
            await _chain.Until(i, b => b.Block.Height == 1);
        for (int at = 2; at <= Height; at++)
        {
            var vote = _chain.Vote(A, at % 2 == 0 ? new GovernanceAction.Pause() : new GovernanceAction.Stop());
            // At A, which would refuse a vote like the one that it still has.
            await _chain.Until(A, b => b.Block.Block.Transactions.Any(t => t.Id == vote.Id));
        }

        for (int i = A; i <= D; i++)
            await _chain.Until(i, b => b.Block.Height >= Height);
        await StartAsync(Joiner);
        var state = await FirstOf<ChainProtocol.StateAt>(_replicas[Joiner]);
        Assert.InRange(state.Height, Interval, long.MaxValue);
        var (height, block) = _chain.View(Joiner).Checkpoint;
        var join = new GovernanceAction.Join(KeyPossession.Create(_chain.Genesis.ChainId, LearningReplicas.Name(Joiner), height, block, _chain.Signers[Joiner]));
        foreach (int i in (int[])[A, B, C, D])
            _chain.Vote(i, join);
        await Site.RunningSite.Until(() => Enumerable.Range(0, 5).All(i => _chain.View(i).Rules.Epoch == 1), Events);

        // Four of five decide: without D the joiner has to sign.
        await _gateways[D]!.DisposeAsync();
        await _chain.StopAsync(D);
        var pause = _chain.Vote(Joiner, new GovernanceAction.Pause());
        await _chain.Until(A, b => b.Block.Block.Transactions.Any(t => t.Id == pause.Id));
        long first = 0;
        await _chain.Until(A, b =>
        {
            if (b.Outcome.Events.OfType<EpochStarted>().FirstOrDefault(e => e.Epoch == 1) is { } epoch)
                first = epoch.FirstHeight;
            return b.Block.Block.Transactions.Any(t => t.Id == pause.Id);
        });
        await _chain.VerifyJournalsAsync(A, B, C, Joiner);
        Assert.Contains(_chain.SignedHeights(Joiner), signed => signed >= first);
        Assert.DoesNotContain(_chain.SignedHeights(Joiner), signed => signed < first);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways.OfType<Pipeline.Host.Gateway.Gateway>())
            await gateway.DisposeAsync();
        await _exchanges.Terminate();
        _chain.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string Events()
    {
        lock (_events)
            return string.Join('\n', _events);
    }

    /// <summary>Each dials those that were started before it; the members know the joiner's key from its card.</summary>
    private async Task StartAsync(int i)
    {
        string name = LearningReplicas.Name(i);
        string peers = string.Concat(Enumerable.Range(0, 5).Where(other => other != i).Select(other =>
        {
            string address = other < i ? $"address = \"127.0.0.1:{_gateways[other]!.Port}\", " : "";
            return $"pipeline.gateway.peers.{LearningReplicas.Name(other)} {{ {address}key = \"{_chain.Signers[other].PublicKey}\" }}\n";
        }));
        var gateway = _gateways[i] = new Pipeline.Host.Gateway.Gateway(
            name, GatewayWorld.Settings($"pipeline.gateway.listen = \"127.0.0.1:0\"\n{peers}"), GatewayWorld.Certificate(name), told =>
            {
                lock (_events)
                    _events.Add($"{name}: {told}");
            });
        var keys = new MemberKeys(_chain.Signers[i]);
        var store = new FilePayloadStore(Path.Combine(_folder, $"payloads-{i}"));
        Func<ChainRules> rules = () => _chain.Rules(i);
        var exchange = _exchanges.ActorOf(PayloadExchange.Props(
            _chain.Genesis.ChainId, rules, name, _chain.Signers[i], gateway, store, new AnyPayload(), PayloadExchangeSettings.Default));
        _replicas[i] = _chain.Start(i, settings => settings with
        {
            Network = gateway,
            Keys = keys,
            Snapshots = new SnapshotSettings(Path.Combine(_folder, $"snapshots-{i}"), store, Interval, Keep: 2),
            StateSync = new StateSyncSettings(exchange, Gap),
            BlocksInMemory = 3,
        });
        gateway.Follow(GatewayChain.Of(_chain.Genesis.ChainId, _chain.Genesis.Name, rules, keys));
        await gateway.StartAsync();
    }

    private async Task<T> FirstOf<T>(IActorRef replica)
    {
        var first = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var listener = _exchanges.ActorOf(Props.Create(() => new Listener<T>(first)));
        replica.Tell(new ChainProtocol.Subscribe(listener, 0));
        return await first.Task.WaitAsync(ReplicaFixture.Patience);
    }

    private sealed class AnyPayload : IPayloadChecks
    {
        public long MaxBytes(int kind) => 1 << 20;

        public string? Check(int kind, ReadOnlyMemory<byte> payload) => null;
    }

    private sealed class Listener<T> : ReceiveActor
    {
        public Listener(TaskCompletionSource<T> first)
        {
            Receive<T>(message => first.TrySetResult(message));
            ReceiveAny(_ => { });
        }
    }
}
