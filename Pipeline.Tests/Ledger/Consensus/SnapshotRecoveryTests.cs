using Akka.Actor;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Snapshots;
using Pipeline.Ledger.Sync;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>A replica begins again from its newest good snapshot, or from further back, and never from what its journal does not bear out.</summary>
public sealed class SnapshotRecoveryTests : IDisposable
{
    private const int Interval = 4;
    private const int Height = 11;

    private readonly ReplicaFixture _fixture = new(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("snapshots-").FullName;
    private readonly FilePayloadStore _store;
    private readonly List<CounterApplication> _applications = [];
    private readonly List<Transaction> _transactions = [];

    public SnapshotRecoveryTests() => _store = new FilePayloadStore(Path.Combine(_folder, "payloads"));

    private string Entries => Path.Combine(_folder, "snapshots");

    private ReplicaSettings Settings => _fixture.Settings(0) with
    {
        Snapshots = new SnapshotSettings(Entries, _store, Interval, Keep: 2),
        BlocksInMemory = 3,
        CreateApplication = () => new CounterApplication(),
        Started = application => _applications.Add((CounterApplication)application),
    };

    public void Dispose()
    {
        _fixture.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_restart_executes_only_what_follows_the_newest_snapshot()
    {
        var before = await RunTo(Height);

        var replica = Start();
        var after = await Continue(replica);

        Assert.Equal(8, (await SnapshotsOf(replica)).Max());
        Assert.Equal(Height - 8 + 1, _applications[^1].Applied);
        Assert.Equal(before.Select(b => b.Block.Block.Id), after.Take(Height).Select(b => b.Block.Block.Id));
        Assert.Equal(before.Select(b => b.StateRoot), after.Take(Height).Select(b => b.StateRoot));
        Assert.Equal(["000000000004", "000000000008"], Directory.GetFiles(Entries).Select(Path.GetFileNameWithoutExtension).Order());
        Assert.True(LedgerVerifier.Verify(_fixture.JournalOf(0)).Ok);
    }

    [Fact]
    public async Task A_transaction_of_before_the_snapshot_is_still_in_the_chain_afterwards()
    {
        await RunTo(Height);

        var refused = await Start().Ask<ChainProtocol.SubmitRefused>(new ChainProtocol.Submit(_transactions[0]), ReplicaFixture.Patience);

        Assert.Equal("it is in the chain already", refused.Reason);
    }

    [Fact]
    public async Task Blocks_and_headers_that_left_memory_are_read_from_the_journal()
    {
        var before = await RunTo(Height);

        var replica = Start();

        foreach (int after in (int[])[0, 3, 7, 10])
        {
            var blocks = await _fixture.SubscribeUntil(replica, ReplicaFixture.Name(0), b => b.Block.Height == Height, after);
            Assert.Equal(before.Skip(after).Select(b => b.StateRoot), blocks.Select(b => b.StateRoot));
        }

        foreach (var (from, count) in ((long, int)[])[(1, 5), (1, 100), (4, 2), (10, 5), (12, 5)])
        {
            var headers = await replica.Ask<ChainProtocol.Headers>(new ChainProtocol.GetHeaders(from, count), ReplicaFixture.Patience);
            Assert.Equal(before.Skip((int)from - 1).Take(count).Select(b => b.Block.Block.Id), headers.Items.Select(h => h.Header.Id));
        }
    }

    [Fact]
    public async Task Who_follows_gets_the_state_and_then_new_blocks()
    {
        var before = await RunTo(Height);
        var replica = Start();
        var inbox = Inbox.Create(_fixture.System(0));

        replica.Tell(new ChainProtocol.Follow(inbox.Receiver));

        var state = Assert.IsType<ChainProtocol.StateAt>(inbox.Receive(ReplicaFixture.Patience));
        Assert.Equal((Height, before[^1].StateRoot), (state.Height, Restored(state).StateRoot));
        Assert.Equal(new ChainProtocol.CaughtUp(Height), inbox.Receive(ReplicaFixture.Patience));
        Assert.Equal(new ChainProtocol.SnapshotTaken(8), inbox.Receive(ReplicaFixture.Patience));
        await Continue(replica);
        Assert.Equal(Height + 1, Assert.IsType<ChainProtocol.BlockApplied>(inbox.Receive(ReplicaFixture.Patience)).Block.Height);
        Assert.Equal(new ChainProtocol.SnapshotTaken(12), SecondSnapshot());

        object SecondSnapshot()
        {
            // Two more blocks: the header above height 12 completes the snapshot.
            replica.Tell(new ChainProtocol.Submit(_fixture.Transaction(1)));
            inbox.Receive(ReplicaFixture.Patience);
            return inbox.Receive(ReplicaFixture.Patience);
        }
    }

    [Theory]
    [InlineData("content", 4)]
    [InlineData("gone", 4)]
    [InlineData("entry", 4)]
    [InlineData("certificate", 4)]
    [InlineData("state", 4)]
    [InlineData("older block", 4)]
    [InlineData("both", 0)]
    public async Task A_damaged_snapshot_is_found_out_and_the_restart_begins_further_back(string what, int from)
    {
        var before = await RunTo(Height);
        Damage(what, 8);
        if (what == "both")
            Damage("content", 4);

        var replica = Start();
        Assert.Contains("removed", what == "entry" ? await _fixture.Logged("a snapshot was removed") : "removed", StringComparison.Ordinal);
        if (what != "entry")
            await _fixture.Logged("the snapshot of height 8 is not used, and the journal is replayed from further back");
        var after = await Continue(replica);

        Assert.Equal(Height - from + 1, _applications[^1].Applied);
        Assert.Equal(before.Select(b => b.StateRoot), after.Take(Height).Select(b => b.StateRoot));
    }

    /// <summary>Somebody put an old copy of the journal back and left the newer snapshots where they are.</summary>
    [Fact]
    public async Task Snapshots_of_a_journal_that_was_rolled_back_are_not_used()
    {
        await RunTo(6);
        _fixture.Journals.Save(_fixture.JournalOf(0));
        await RunTo(Height);
        _fixture.Journals.Restore(_fixture.JournalOf(0));

        var replica = Start();
        await _fixture.Logged("the snapshot of height 8 is not used");
        var after = await _fixture.SubscribeUntil(replica, ReplicaFixture.Name(0), b => b.Block.Height == 6);

        Assert.Equal(6, after.Count);
        // The one of height 4 belongs to the old copy too.
        Assert.Equal(6 - 4, _applications[^1].Applied);
    }

    [Fact]
    public async Task Another_journal_with_as_many_entries_is_another()
    {
        await RunTo(Height);
        _fixture.Journals.Save(_fixture.JournalOf(0));
        _fixture.Journals.Restore(_fixture.JournalOf(0), records: 1);
        _transactions.Clear();
        await Grow(_fixture.Start(0, ReplicaFixture.Name(0), Settings with { Snapshots = null }), Height);
        await _fixture.StopAsync(0);

        var restarted = Start();
        await _fixture.Logged("it was taken of another journal than the one that is here");
        await _fixture.SubscribeUntil(restarted, ReplicaFixture.Name(0), b => b.Block.Height == Height);

        Assert.Equal(Height, _applications[^1].Applied);
    }

    [Fact]
    public async Task A_full_disk_costs_the_snapshot_and_nothing_else()
    {
        var small = new FilePayloadStore(Path.Combine(_folder, "small"), quotaBytes: 10);
        var replica = _fixture.Start(0, ReplicaFixture.Name(0), Settings with { Snapshots = new SnapshotSettings(Entries, small, Interval, 2) });
        await Grow(replica, 6);

        Assert.Contains("the snapshot of height 4 could not be written", await _fixture.Logged("could not be written"), StringComparison.Ordinal);
        await Grow(replica, 7);
        await _fixture.StopAsync(0);
        Assert.Equal(7, (await Continue(Start())).Count - 1);
    }

    private static CounterApplication Restored(ChainProtocol.StateAt state)
    {
        var application = new CounterApplication();
        // A counter's state is its sum, and the height comes from the header.
        long sum = BitConverter.ToInt64(state.State);
        var root = Digest.Of(Canonical.Encode(w => w.Array(2).Int(state.Height).Int(sum).EndArray()));
        var next = ConsensusSamples.Block.Header with { Height = state.Height + 1, StateRoot = root };
        Assert.Null(application.Restore(state.State, next));
        return application;
    }

    private IActorRef Start() => _fixture.Start(0, ReplicaFixture.Name(0), Settings);

    /// <summary>Runs the replica until the chain has that height and its snapshots are on disk, and stops it.</summary>
    private async Task<IReadOnlyList<ChainProtocol.BlockApplied>> RunTo(int height)
    {
        var replica = Start();
        await Grow(replica, height);
        if (height > Interval)
            await SnapshotsOf(replica, until: (height - 1) / Interval * Interval);
        var blocks = await _fixture.SubscribeUntil(replica, ReplicaFixture.Name(0), b => b.Block.Height == height);
        await _fixture.StopAsync(0);
        return blocks;
    }

    private async Task Grow(IActorRef replica, int height)
    {
        while (_transactions.Count < height)
        {
            _transactions.Add(_fixture.Transaction((byte)(_transactions.Count + 1)));
            replica.Tell(new ChainProtocol.Submit(_transactions[^1]));
            int last = _transactions.Count;
            await _fixture.SubscribeUntil(replica, ReplicaFixture.Name(0), b => b.Block.Height == last, last - 1);
        }
    }

    /// <summary>All blocks after one more.</summary>
    private async Task<IReadOnlyList<ChainProtocol.BlockApplied>> Continue(IActorRef replica)
    {
        var transaction = _fixture.Transaction(200);
        replica.Tell(new ChainProtocol.Submit(transaction));
        return await _fixture.Applied(replica, 0, transaction);
    }

    /// <summary>Heights of the snapshots that a new follower hears of.</summary>
    private async Task<IReadOnlyList<long>> SnapshotsOf(IActorRef replica, long until = 1)
    {
        var inbox = Inbox.Create(_fixture.System(0));
        replica.Tell(new ChainProtocol.Follow(inbox.Receiver));
        var heights = new List<long>();
        while (heights.DefaultIfEmpty(0).Max() < until)
        {
            if (await inbox.ReceiveAsync(ReplicaFixture.Patience) is ChainProtocol.SnapshotTaken taken)
                heights.Add(taken.Height);
        }

        return heights;
    }

    private void Damage(string what, long height)
    {
        string file = Directory.GetFiles(Entries).Single(f => Path.GetFileNameWithoutExtension(f) == $"{height:D12}");
        var entry = Canonical.Decode<SnapshotEntry>(File.ReadAllBytes(file));
        string content = PayloadFile.Of(Path.Combine(_folder, "payloads"), entry.Content, isTombstone: false).Path;
        var snapshot = Canonical.Decode<ChainSnapshot>(File.ReadAllBytes(content));
        switch (what)
        {
            case "gone":
                File.Delete(content);
                break;
            case "entry":
                File.WriteAllBytes(file, [.. File.ReadAllBytes(file).SkipLast(1)]);
                break;
            case "certificate":
                var certificate = entry.Next.Certificate;
                var forged = certificate with { Signatures = [new byte[Ed25519Signer.SignatureSize]] };
                File.WriteAllBytes(file, Canonical.Encode(entry with { Next = new CertifiedHeader(entry.Next.Header, forged) }));
                break;
            case "state":
                Replace(snapshot with { State = BitConverter.GetBytes(77L) });
                break;
            case "older block":
                var first = snapshot.Blocks[0];
                Replace(snapshot with { Blocks = [first with { Header = first.Header with { Proposer = 3 } }, .. snapshot.Blocks.Skip(1)] });
                break;
            default:
                byte[] bytes = File.ReadAllBytes(content);
                bytes[^1] ^= 1;
                File.WriteAllBytes(content, bytes);
                break;
        }

        void Replace(ChainSnapshot changed)
        {
            byte[] bytes = Canonical.Encode(changed);
            _store.Put(bytes);
            File.WriteAllBytes(file, Canonical.Encode(entry with { Content = Digest.Of(bytes), Bytes = bytes.Length }));
        }
    }
}
