using Akka.Actor;
using Akka.Configuration;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Snapshots;
using Pipeline.Ledger.Sync;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>Three members run a chain, the fourth comes late: it goes on from a snapshot that a quorum certified, whatever one of the three says.</summary>
public sealed class StateSyncReplicaTests : IDisposable
{
    private const int Late = 3;
    private const int Liar = 2;
    private const int Interval = 4;
    private const int Gap = 6;
    private const int Height = 14;

    private static readonly PayloadExchangeSettings Exchange = PayloadExchangeSettings.Default with
    {
        Tick = TimeSpan.FromMilliseconds(50),
        AnnounceInterval = TimeSpan.FromMilliseconds(200),
        FetchTimeout = TimeSpan.FromMinutes(5),
    };

    private readonly ReplicaFixture _fixture = new(4);
    private readonly string _folder = Directory.CreateTempSubdirectory("state-sync-").FullName;
    private readonly ActorSystem _exchanges = ActorSystem.Create("exchanges", ConfigurationFactory.ParseString("akka.loglevel = ERROR"));
    private readonly FilePayloadStore[] _stores;
    private readonly IActorRef[] _exchange = new IActorRef[4];
    private readonly IActorRef[] _replicas = new IActorRef[4];
    private readonly List<CounterApplication> _late = [];
    private byte _next;
    private int _ballast;

    public StateSyncReplicaTests() =>
        _stores = [.. Enumerable.Range(0, 4).Select(i => new FilePayloadStore(Path.Combine(_folder, $"payloads-{i}")))];

    public void Dispose()
    {
        _exchanges.Terminate().Wait(ReplicaFixture.Patience);
        _fixture.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_new_member_goes_on_from_a_snapshot_and_takes_part()
    {
        var before = await GrowWithoutTheLateOne();

        Start(Late);
        await GrowTo(Height + 1);
        var state = await FirstOf<ChainProtocol.StateAt>(_replicas[Late]);

        Assert.InRange(state.Height, 12, Height + 1);
        await FirstOf<ChainProtocol.SnapshotTaken>(_replicas[Late], taken => taken.Height == 12);
        Assert.InRange(_late[^1].Applied, 0, 3);
        await TakesPart();
        AssertWhole(before);
    }

    [Theory]
    [InlineData("certificate")]
    [InlineData("state")]
    [InlineData("blocks")]
    [InlineData("chunks")]
    [InlineData("lowered")]
    public async Task A_member_that_lies_is_dropped_and_the_late_one_goes_on_from_what_the_others_hold(string lie)
    {
        var before = await GrowWithoutTheLateOne();
        await _fixture.StopAsync(Liar);
        await _exchange[Liar].GracefulStop(ReplicaFixture.Patience);
        var honest = Canonical.Decode<SnapshotEntry>(File.ReadAllBytes(Directory.GetFiles(Entries(0)).Max()!));
        _exchanges.ActorOf(Props.Create(() => new LyingMember(
            _fixture.Network.Join(ReplicaFixture.Name(Liar)), ReplicaFixture.Name(Late), _fixture.Genesis.ChainId, Offer(lie, honest, before), Lie(lie, honest))));

        Start(Late);
        var state = await FirstOf<ChainProtocol.StateAt>(_replicas[Late]);

        Assert.InRange(state.Height, 12, Height);
        Assert.InRange(_late[^1].Applied, 0, 2);
        await TakesPart();
        AssertWhole(before);
    }

    [Fact]
    public async Task A_member_that_lost_its_journal_signs_nothing_that_it_may_have_signed()
    {
        for (int i = 0; i < 4; i++)
            Start(i);
        await GrowTo(2);
        await _fixture.Applied(_replicas[Late], Late, await Commit(_replicas[0]));
        await _fixture.StopAsync(Late);
        var before = await GrowTo(Height);
        _fixture.Journals.Execute(_fixture.JournalOf(Late), "DELETE FROM journal");

        Start(Late);

        await FirstOf<ChainProtocol.StateAt>(_replicas[Late]);
        await TakesPart();
        AssertWhole(before);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_begins_again_from_its_journal_alone(bool keepSnapshots)
    {
        var before = await GrowWithoutTheLateOne();
        Start(Late);
        await FirstOf<ChainProtocol.StateAt>(_replicas[Late]);
        var last = await Commit(_replicas[0]);
        var blocks = await _fixture.SubscribeUntil(
            _replicas[Late], ReplicaFixture.Name(Late), b => b.Block.Block.Transactions.Any(t => t.Id == last.Id));
        Assert.Equal(13, blocks[0].Block.Height);
        await _fixture.StopAsync(Late);
        if (!keepSnapshots)
            Directory.Delete(Entries(Late), recursive: true);

        Start(Late);

        var again = await _fixture.SubscribeUntil(
            _replicas[Late], ReplicaFixture.Name(Late), b => b.Block.Block.Transactions.Any(t => t.Id == last.Id));
        Assert.Equal(blocks.Select(b => b.StateRoot), again.Select(b => b.StateRoot));
        await TakesPart();
        AssertWhole(before);
    }

    /// <summary>The state is too large for one entry; the journal ends after any of them, as an old copy may.</summary>
    [Fact]
    public async Task A_take_over_that_was_cut_off_is_made_again()
    {
        _ballast = 30 * JournalRecord.Piece.MaxBytes;
        var before = await GrowWithoutTheLateOne();
        Start(Late);
        await FirstOf<ChainProtocol.StateAt>(_replicas[Late]);
        await _fixture.StopAsync(Late);
        var journal = _fixture.JournalOf(Late);
        _fixture.Journals.Save(journal);
        long entries = LedgerVerifier.Verify(journal).Records;
        Assert.InRange(entries, 4, 10);

        for (long kept = 0; kept <= entries; kept++)
        {
            _fixture.Journals.Restore(journal, kept);
            // It begins twice, for the second time from whatever the first has written behind the rest of the take-over.
            for (int life = 0; life < 2; life++)
            {
                Start(Late);
                await FirstOf<ChainProtocol.StateAt>(_replicas[Late]);
                var last = await Commit(_replicas[0]);
                await _fixture.SubscribeUntil(_replicas[Late], ReplicaFixture.Name(Late), b => b.Block.Block.Transactions.Any(t => t.Id == last.Id));
                await _fixture.StopAsync(Late);
            }

            var report = LedgerVerifier.Verify(journal);
            Assert.True(report.Ok, $"after {kept} entries: {report.FirstBad}");
            Directory.Delete(Entries(Late), recursive: true);
        }

        Start(Late);
        await TakesPart();
        AssertWhole(before);
    }

    private string Entries(int i) => Path.Combine(_folder, $"snapshots-{i}");

    private void Start(int i)
    {
        string name = ReplicaFixture.Name(i);
        _exchange[i] ??= _exchanges.ActorOf(PayloadExchange.Props(
            _fixture.Genesis.ChainId, () => ChainRules.Of(_fixture.Genesis), name, _fixture.Signers[i], _fixture.Network.Join(name), _stores[i], new AnyPayload(),
            Exchange));
        _replicas[i] = _fixture.Start(i, name, _fixture.Settings(i) with
        {
            Snapshots = new SnapshotSettings(Entries(i), _stores[i], Interval, Keep: 2),
            StateSync = new StateSyncSettings(_exchange[i], Gap),
            CreateApplication = () => new CounterApplication(_ballast),
            BlocksInMemory = 3,
            Started = application =>
            {
                if (i == Late)
                    _late.Add((CounterApplication)application);
            },
        });
    }

    private async Task<IReadOnlyList<ChainProtocol.BlockApplied>> GrowWithoutTheLateOne()
    {
        for (int i = 0; i < Late; i++)
            Start(i);
        return await GrowTo(Height);
    }

    /// <summary>The chain has that height and every running member but the late one its snapshots.</summary>
    private async Task<IReadOnlyList<ChainProtocol.BlockApplied>> GrowTo(int height)
    {
        var status = await _replicas[0].Ask<ChainProtocol.ChainStatus>(ChainProtocol.GetStatus.Instance, ReplicaFixture.Patience);
        for (long at = status.Height; at < height; at++)
            await Commit(_replicas[0]);
        for (int i = 0; i < Late; i++)
        {
            var replica = _replicas[i];
            await _fixture.SubscribeUntil(replica, ReplicaFixture.Name(i), b => b.Block.Height >= height);
            long newest = (height - 1) / Interval * Interval;
            if (newest > 0)
                await FirstOf<ChainProtocol.SnapshotTaken>(replica, taken => taken.Height >= newest);
        }

        return await _fixture.SubscribeUntil(_replicas[0], ReplicaFixture.Name(0), b => b.Block.Height == height);
    }

    private async Task<Transaction> Commit(IActorRef replica)
    {
        var transaction = _fixture.Transaction(++_next);
        replica.Tell(new ChainProtocol.Submit(transaction));
        await _fixture.Applied(_replicas[0], 0, transaction);
        return transaction;
    }

    /// <summary>With another one away the late member is needed for a quorum.</summary>
    private async Task TakesPart()
    {
        await _fixture.StopAsync(Liar);
        var transaction = await Commit(_replicas[Late]);
        await _fixture.SubscribeUntil(_replicas[Late], ReplicaFixture.Name(Late), b => b.Block.Block.Transactions.Any(t => t.Id == transaction.Id));
    }

    private void AssertWhole(IReadOnlyList<ChainProtocol.BlockApplied> before)
    {
        var report = LedgerVerifier.Verify(_fixture.JournalOf(Late));
        Assert.True(report.Ok, $"{report.FirstBad}");
        Assert.True(report.Height > before.Count);
        _fixture.Network.AssertNobodySignedTwice(_fixture.Genesis.Members);
    }

    /// <summary>The first such message that a new follower, or one that the replica goes past, hears.</summary>
    private async Task<T> FirstOf<T>(IActorRef replica, Func<T, bool>? wanted = null)
    {
        var found = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        wanted ??= message => message is not ChainProtocol.StateAt { Height: < 12 };
        var follower = _exchanges.ActorOf(Props.Create(() => new Follower<T>(found, wanted)));
        replica.Tell(new ChainProtocol.Follow(follower));
        return await found.Task.WaitAsync(ReplicaFixture.Patience);
    }

    private ChainMessage.SnapshotOffer Offer(string lie, SnapshotEntry honest, IReadOnlyList<ChainProtocol.BlockApplied> blocks)
    {
        var newest = blocks[^1].Block;
        var next = new CertifiedHeader(newest.Block.Header, newest.Certificate);
        byte[] bytes = Lie(lie, honest);
        return lie switch
        {
            "certificate" => new ChainMessage.SnapshotOffer(
                next with { Certificate = next.Certificate with { Signatures = [.. next.Certificate.Signatures.Select(_ => new byte[64])] } },
                Digest.Of(bytes), bytes.Length),
            "chunks" => new ChainMessage.SnapshotOffer(honest.Next, honest.Content, honest.Bytes),
            "lowered" => new ChainMessage.SnapshotOffer(
                new CertifiedHeader(blocks[1].Block.Block.Header, blocks[1].Block.Certificate), Digest.Of(bytes), bytes.Length),
            // Its header is higher than that of the honest ones, so that it is tried first.
            _ => new ChainMessage.SnapshotOffer(next, Digest.Of(bytes), bytes.Length),
        };
    }

    private byte[] Lie(string lie, SnapshotEntry honest)
    {
        Assert.True(_stores[0].TryGet(honest.Content, out byte[]? content));
        var snapshot = Canonical.Decode<ChainSnapshot>(content);
        return lie switch
        {
            "state" => Canonical.Encode(snapshot with { State = BitConverter.GetBytes(5L) }),
            "blocks" => Canonical.Encode(snapshot with { Blocks = [snapshot.Blocks[^1]] }),
            _ => [1, 2, 3],
        };
    }

    private sealed class AnyPayload : IPayloadChecks
    {
        public long MaxBytes(int kind) => 1 << 24;

        public string? Check(int kind, ReadOnlyMemory<byte> payload) => null;
    }

    private sealed class Follower<T> : ReceiveActor
    {
        public Follower(TaskCompletionSource<T> found, Func<T, bool> wanted) => ReceiveAny(message =>
        {
            if (message is T match && wanted(match))
                found.TrySetResult(match);
        });
    }

    /// <summary>Offers what it is given, and serves it, or other bytes, as if they were what was asked for.</summary>
    private sealed class LyingMember : ReceiveActor
    {
        public LyingMember(IPeerNetwork network, string victim, Digest chain, ChainMessage.SnapshotOffer offer, byte[] bytes)
        {
            network.Register(chain, PeerLane.Sync, Self);
            network.Register(chain, PeerLane.Payload, Self);
            var chunks = new PayloadChunks(bytes);
            Receive<PeerMessage>(message => message.From == victim, message =>
            {
                if (message.Lane == PeerLane.Payload)
                {
                    if (Canonical.Decode<PayloadMessage>(message.Bytes) is PayloadMessage.Want want && want.Payload == offer.Content)
                        Send(new PayloadMessage.Have(want.Payload, bytes.Length, chunks.Root));
                    else if (Canonical.Decode<PayloadMessage>(message.Bytes) is PayloadMessage.GetChunk get)
                        Send(new PayloadMessage.Chunk(get.Payload, 0, bytes, []));
                    return;
                }

                ChainMessage? answer = Canonical.Decode<ChainMessage>(message.Bytes) switch
                {
                    ChainMessage.GetSnapshot => offer,
                    ChainMessage.Status { Purpose: StatusKind.Question } => new ChainMessage.Status(Height + 1, 0, StatusKind.Answer, [], []),
                    _ => null,
                };
                if (answer is not null)
                    network.Send(victim, chain, PeerLane.Sync, Canonical.Encode(answer));
            });
            ReceiveAny(_ => { });

            void Send(PayloadMessage message) => network.Send(victim, chain, PeerLane.Payload, message.Encode());
        }
    }
}
