using Akka.Actor;
using Npgsql;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Sync;
using Pipeline.Tests.Ledger.Journals;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>Crashes, twins and old copies against real journals of every provider: nobody signs twice, the chain goes on.</summary>
[Collection(JournalCollection.Name)]
public sealed class DurabilityTests(PostgresServer server, ITestOutputHelper output)
{
    [Theory]
    [InlineData(JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql)]
    public async Task Crashes_between_persist_and_send_and_before_persist_change_nothing(string provider)
    {
        if (JournalCollection.Open(provider, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(4, journals: journals);
        var port = new CrashingPort(fixture.Network.Join(ReplicaFixture.Name(0)));
        var signer = new CrashingSigner(fixture.Signers[0]);
        var replicas = new List<IActorRef>
        {
            fixture.Start(0, ReplicaFixture.Name(0), fixture.Settings(0, port) with { Keys = new MemberKeys(signer) }),
        };
        replicas.AddRange(Enumerable.Range(1, 3).Select(fixture.Start));
        var last = fixture.Transaction(byte.MaxValue, sender: 1);
        var followed = fixture.Applied(replicas[0], 0, last);

        for (byte i = 1; (port.Crashes < 5 || signer.Crashes < 2) && i < byte.MaxValue; i++)
        {
            var transaction = fixture.Transaction(i, sender: 1);
            replicas[1].Tell(new ChainProtocol.Submit(transaction));
            await fixture.Applied(replicas[1], 1, transaction);
        }

        port.Calm = signer.Calm = true;
        replicas[1].Tell(new ChainProtocol.Submit(last));
        var here = await followed;
        var there = await fixture.Applied(replicas[1], 1, last);

        // How often it takes part is up to the scheduler: on a busy machine the others decide without it.
        Assert.True(port.Crashes > 0 && signer.Crashes > 0, $"{port.Crashes} crashes at sends, {signer.Crashes} at signatures");
        Assert.Equal(there.Select(b => b.StateRoot), here.Select(b => b.StateRoot));
        Assert.Equal(Enumerable.Range(1, here.Count).Select(h => (long)h), here.Select(b => b.Block.Height));
        fixture.Network.AssertNobodySignedTwice(fixture.Genesis.Members);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task With_too_few_members_the_chain_waits_and_goes_on_when_they_return(int away)
    {
        using var fixture = new ReplicaFixture(4);
        var replicas = Enumerable.Range(0, 4).Select(fixture.Start).ToArray();
        await Commit(fixture, replicas, 1);
        for (int i = 4 - away; i < 4; i++)
            await fixture.StopAsync(i);
        var transaction = fixture.Transaction(2);
        await replicas[0].Ask<ChainProtocol.SubmitAccepted>(new ChainProtocol.Submit(transaction), ReplicaFixture.Patience);
        var status = await replicas[0].Ask<ChainProtocol.ChainStatus>(ChainProtocol.GetStatus.Instance, ReplicaFixture.Patience);
        Assert.Equal((1, 1), (status.Height, status.PendingTransactions));

        for (int i = 4 - away; i < 4; i++)
            replicas[i] = fixture.Start(i);

        var applied = await Task.WhenAll(replicas.Select((r, i) => fixture.Applied(r, i, transaction)));
        Assert.Single(applied.Select(a => a[^1].Block.Block.Id).Distinct());
        fixture.Network.AssertNobodySignedTwice(fixture.Genesis.Members);
    }

    [Theory]
    [InlineData(JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql)]
    public async Task All_members_restart_at_once(string provider)
    {
        if (JournalCollection.Open(provider, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(4, journals: journals);
        var replicas = Enumerable.Range(0, 4).Select(fixture.Start).ToArray();
        await Commit(fixture, replicas, 1);
        for (int i = 0; i < 4; i++)
            await fixture.StopAsync(i);

        replicas = [.. Enumerable.Range(0, 4).Select(fixture.Start)];

        await Commit(fixture, replicas, 2);
        fixture.Network.AssertNobodySignedTwice(fixture.Genesis.Members);
    }

    [Fact]
    public async Task A_member_cut_off_for_many_blocks_catches_up_when_the_link_heals()
    {
        using var fixture = new ReplicaFixture(4);
        var replicas = Enumerable.Range(0, 4).Select(fixture.Start).ToArray();
        await Commit(fixture, replicas, 1);
        fixture.Network.Cut(ReplicaFixture.Name(2));
        for (byte i = 2; i < 12; i++)
            await Commit(fixture, [replicas[0]], i);

        fixture.Network.Heal(ReplicaFixture.Name(2));

        await Commit(fixture, replicas, 100);
        fixture.Network.AssertNobodySignedTwice(fixture.Genesis.Members);
    }

    [Theory]
    [InlineData(JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql)]
    public async Task A_crash_after_any_record_continues_from_it(string provider)
    {
        if (JournalCollection.Open(provider, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(1, journals: journals);
        var replica = fixture.Start(0);
        await Commit(fixture, [replica], 1);
        await Commit(fixture, [replica], 2);
        await fixture.StopAsync(0);
        fixture.Journals.Save(fixture.JournalOf(0));
        long records = LedgerVerifier.Verify(fixture.JournalOf(0)).Records;
        Assert.InRange(records, 3, 100);

        for (long kept = 0; kept <= records; kept++)
        {
            fixture.Journals.Restore(fixture.JournalOf(0), kept);
            replica = fixture.Start(0);
            await Commit(fixture, [replica], 3);
            await fixture.StopAsync(0);
            var report = LedgerVerifier.Verify(fixture.JournalOf(0));
            Assert.True(report.Ok, $"after {kept} records: {report.FirstBad}");
        }
    }

    [Fact]
    public async Task An_observer_follows_without_a_key()
    {
        using var fixture = new ReplicaFixture(1);
        var member = fixture.Start(0);
        await Commit(fixture, [member], 1);
        var settings = fixture.Settings(0, fixture.Network.Join("watcher")) with { Member = "watcher", Keys = null };
        var observer = fixture.Start(1, "watcher", settings);
        var transaction = fixture.Transaction(2);
        member.Tell(new ChainProtocol.Submit(transaction));

        var seen = await fixture.SubscribeUntil(observer, "watcher", b => b.Block.Block.Transactions.Any(t => t.Id == transaction.Id));

        Assert.Equal([1L, 2L], seen.Select(b => b.Block.Height));
    }

    [Theory]
    [InlineData(JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql)]
    public async Task Two_writers_to_one_journal_do_not_sign_twice(string provider)
    {
        if (JournalCollection.Open(provider, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(4, journals: journals);
        var replicas = Enumerable.Range(0, 4).Select(fixture.Start).ToArray();
        // The journal is founded before the twin reads it, and both have read it before either goes on: two that found one journal at once
        // conflict already there, and the loser would never answer.
        await replicas[0].Ask<ChainProtocol.ChainStatus>(ChainProtocol.GetStatus.Instance, ReplicaFixture.Patience);
        var twin = fixture.Start(0, "twin", fixture.Settings(0));
        await twin.Ask<ChainProtocol.ChainStatus>(ChainProtocol.GetStatus.Instance, ReplicaFixture.Patience);
        var stopped = Task.WhenAny(replicas[0].WatchAsync(), twin.WatchAsync());

        for (byte i = 1; i <= 8; i++)
        {
            var transaction = fixture.Transaction(i, sender: 1);
            // The network knows one of the two: the other has work only if it is told.
            foreach (var replica in new[] { replicas[1], replicas[0], twin })
                replica.Tell(new ChainProtocol.Submit(transaction));
            await fixture.Applied(replicas[1], 1, transaction);
        }

        await stopped.WaitAsync(ReplicaFixture.Patience);
        fixture.Network.AssertNobodySignedTwice(fixture.Genesis.Members);
        await fixture.Logged("another process writes this journal");
    }

    [Theory]
    [InlineData(JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql)]
    public async Task A_journal_from_an_old_copy_syncs_before_it_signs(string provider)
    {
        if (JournalCollection.Open(provider, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(4, journals: journals);
        var replicas = Enumerable.Range(0, 4).Select(fixture.Start).ToArray();
        await Commit(fixture, replicas, 1);
        await fixture.StopAsync(3);
        fixture.Journals.Save(fixture.JournalOf(3));
        replicas[3] = fixture.Start(3);
        await Commit(fixture, replicas, 2);
        await Commit(fixture, replicas, 3);
        await fixture.StopAsync(3);
        fixture.Journals.Restore(fixture.JournalOf(3));

        replicas[3] = fixture.Start(3);
        await Commit(fixture, replicas, 4);
        await Commit(fixture, replicas, 5);

        fixture.Network.AssertNobodySignedTwice(fixture.Genesis.Members);
        await fixture.StopAsync(3);
        Assert.Null(LedgerVerifier.Verify(fixture.JournalOf(3)).FirstBad);
    }

    [Theory]
    [InlineData(JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql)]
    public async Task A_changed_journal_stops_the_replica_before_it_speaks(string provider)
    {
        if (JournalCollection.Open(provider, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(1, journals: journals);
        var replica = fixture.Start(0);
        await Commit(fixture, [replica], 1);
        await fixture.StopAsync(0);
        fixture.Journals.Tamper(fixture.JournalOf(0), record: 2);

        var again = fixture.Start(0);

        Assert.True(await again.WatchAsync().WaitAsync(ReplicaFixture.Patience));
    }

    [Theory]
    [InlineData(JournalCollection.Sqlite)]
    [InlineData(JournalCollection.PostgreSql)]
    public async Task A_journal_that_refuses_to_write_stops_the_replica_and_no_vote_leaves(string provider)
    {
        if (JournalCollection.Open(provider, server, output) is not { } journals)
            return;
        using var fixture = new ReplicaFixture(1, journals: journals);
        var replica = fixture.Start(0);
        await Commit(fixture, [replica], 1);
        fixture.Journals.FillDisk(fixture.JournalOf(0));

        replica.Tell(new ChainProtocol.Submit(fixture.Transaction(2)));

        Assert.True(await replica.WatchAsync().WaitAsync(ReplicaFixture.Patience));
        await fixture.Logged("disk is full");
    }

    /// <summary>Its network was cut between the record and the commit, so the server waits for the rest of the transaction.</summary>
    [Fact]
    public async Task A_writer_that_fell_silent_within_a_write_does_not_hold_its_successor_up()
    {
        if (PostgresServer.Missing is { } missing)
        {
            output.WriteLine(missing);
            return;
        }

        using var fixture = new ReplicaFixture(1, journals: new PostgresJournals(server.ConnectionString));
        var replica = fixture.Start(0);
        await Commit(fixture, [replica], 1);
        var journal = (ChainJournal.PostgreSql)fixture.JournalOf(0);
        long next = LedgerVerifier.Verify(journal).Records + 1;
        await using var silent = new NpgsqlConnection(ChainJournal.PostgreSql.Of("counter", journal.ConnectionString).ConnectionString);
        await silent.OpenAsync();
        await using var open = await silent.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand(
            $"""
            CREATE TEMP TABLE next ON COMMIT DROP AS SELECT * FROM "{journal.Schema}".journal ORDER BY ordering DESC LIMIT 1;
            UPDATE next SET sequence_number = {next}, ordering = ordering + 1000000;
            INSERT INTO "{journal.Schema}".journal OVERRIDING SYSTEM VALUE SELECT * FROM next;
            """, silent, open);
        await insert.ExecuteNonQueryAsync();

        await Commit(fixture, [replica], 2);
    }

    [Fact]
    public async Task A_journal_that_is_not_configured_stops_the_replica()
    {
        using var fixture = new ReplicaFixture(1);
        var settings = fixture.Settings(0) with { JournalPluginId = "akka.persistence.journal.nowhere" };

        var replica = fixture.Start(0, "nowhere", settings);

        Assert.True(await replica.WatchAsync().WaitAsync(ReplicaFixture.Patience));
    }

    private static async Task Commit(ReplicaFixture fixture, IActorRef[] replicas, byte add)
    {
        var transaction = fixture.Transaction(add);
        replicas[0].Tell(new ChainProtocol.Submit(transaction));
        await Task.WhenAll(replicas.Select((r, i) => fixture.Applied(r, i, transaction)));
    }

    /// <summary>Fails at every eleventh message, in the middle of broadcasts too: the actor dies after its persist and is restarted.</summary>
    private sealed class CrashingPort(IPeerNetwork inner) : IPeerNetwork
    {
        private int _sends;

        public volatile bool Calm;

        public int Crashes { get; private set; }

        public void Register(Digest chainId, PeerLane lane, IActorRef receiver) => inner.Register(chainId, lane, receiver);

        public void Unregister(Digest chainId, PeerLane lane, IActorRef receiver) => inner.Unregister(chainId, lane, receiver);

        public long BytesSent(Digest chainId, PeerLane lane) => inner.BytesSent(chainId, lane);

        public void Send(string to, Digest chainId, PeerLane lane, byte[] bytes)
        {
            if (!Calm && lane == PeerLane.Consensus && ++_sends % 11 == 0)
            {
                Crashes++;
                throw new InvalidOperationException($"crash {Crashes} at a send");
            }

            inner.Send(to, chainId, lane, bytes);
        }
    }

    /// <summary>Fails at every seventh signature, before anything is persisted.</summary>
    private sealed class CrashingSigner(ISigner inner) : ISigner
    {
        private int _signatures;

        public volatile bool Calm;

        public int Crashes { get; private set; }

        public MemberPublicKey PublicKey => inner.PublicKey;

        public byte[] Sign(ReadOnlySpan<byte> message)
        {
            if (!Calm && ++_signatures % 7 == 0)
            {
                Crashes++;
                throw new InvalidOperationException($"crash {Crashes} at a signature");
            }

            return inner.Sign(message);
        }
    }
}
