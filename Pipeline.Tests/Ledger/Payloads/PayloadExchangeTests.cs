using Akka.Actor;
using Akka.TestKit;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Tracing;
using Pipeline.Tests.Host.Monitoring;
using Xunit;

namespace Pipeline.Tests.Ledger.Payloads;

public sealed class PayloadExchangeTests : PatientTestKit
{
    private const int Kind = 1;
    private const int SmallBound = 2 * 1024 * 1024;

    private static readonly Digest Chain = Digest.Of("chain"u8);

    /// <summary>Virtual time may run ahead of a busy machine: what must succeed has long, what must fail a short time-out.</summary>
    private static readonly PayloadExchangeSettings Patient = PayloadExchangeSettings.Default with
    {
        PublishTimeout = TimeSpan.FromMinutes(10),
        FetchTimeout = TimeSpan.FromMinutes(10),
    };

    private static readonly PayloadExchangeSettings Impatient = PayloadExchangeSettings.Default with
    {
        PublishTimeout = TimeSpan.FromSeconds(10),
        FetchTimeout = TimeSpan.FromSeconds(10),
    };

    private readonly string[] _ids = ["east", "north", "south", "west"];
    private readonly Ed25519Signer[] _signers;
    private readonly MemberSet _members;
    private readonly InProcessPeerHub _hub = new();
    private readonly Dictionary<string, MemoryPayloadStore> _stores = [];
    private readonly Dictionary<string, IActorRef> _exchanges = [];

    public PayloadExchangeTests()
        : base("akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"\nakka.loglevel = WARNING")
    {
        _signers = [.. _ids.Select((_, i) => Ed25519Signer.FromSeed(Enumerable.Repeat((byte)(i + 1), 32).ToArray()))];
        _members = new MemberSet([.. _ids.Select((id, i) => new Member(id, _signers[i].PublicKey))]);
    }

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    protected override void AfterAll()
    {
        base.AfterAll();
        foreach (var signer in _signers)
            signer.Dispose();
    }

    [Fact]
    public void A_published_payload_is_held_by_a_quorum_whose_acks_verify()
    {
        StartAll();
        var payload = Random(700_000);

        _exchanges["east"].Tell(new PayloadProtocol.Publish(Kind, payload), TestActor);

        var published = ExpectMsg<PayloadProtocol.Published>();
        Assert.Equal(Digest.Of(payload), published.Payload);
        Assert.True(published.Acks.Count >= 3);
        Assert.Equal(published.Acks.Count, published.Acks.Select(a => a.Member).Distinct().Count());
        Assert.All(published.Acks, ack =>
        {
            Assert.True(ack.Verify(Chain, _members, new Ed25519Verifier()));
            Assert.True(_stores[ack.Member].TryGet(published.Payload, out var stored));
            Assert.Equal(payload, stored);
        });
    }

    [Fact]
    public void Fetch_answers_from_the_own_store_and_otherwise_from_any_holder()
    {
        StartAll();
        var payload = Random(3 * PayloadChunks.Size);
        var digest = _stores["west"].Put(payload);

        foreach (string member in new[] { "west", "east" })
        {
            _exchanges[member].Tell(new PayloadProtocol.Fetch(digest), TestActor);
            Assert.Equal(payload, ExpectMsg<PayloadProtocol.Fetched>().Bytes);
            Assert.True(_stores[member].Contains(digest));
        }

        Assert.False(_stores["north"].Contains(digest));
    }

    [Fact]
    public void What_is_fetched_from_another_member_and_what_cannot_be_is_a_span_each()
    {
        const int Bytes = 123_457;
        using var spans = new RecordedSpans();
        StartAll(Impatient);
        foreach (string member in new[] { "west", "east" })
        {
            _exchanges[member].Tell(new PayloadProtocol.Fetch(_stores["west"].Put(Random(Bytes, seed: 77))), TestActor);
            ExpectMsg<PayloadProtocol.Fetched>();
        }

        // Who holds it already has nothing to fetch.
        var fetched = Assert.Single(spans.Of(Spans.Fetch, TraceKeys.Bytes, Bytes));
        Assert.Equal((Chain.Short, "fetched"), (fetched.GetTagItem(TraceKeys.ChainId), fetched.GetTagItem(TraceKeys.Result)));
        _exchanges["east"].Tell(new PayloadProtocol.Fetch(Digest.Of([77])), TestActor);
        AdvanceUntil(() => HasMessages);
        ExpectMsg<PayloadProtocol.FetchFailed>();
        AwaitAssert(() => Assert.Contains(spans.Of(Spans.Fetch, TraceKeys.ChainId, Chain.Short), span => Equals(span.GetTagItem(TraceKeys.Result), "failed")));
    }

    [Fact]
    public void A_fetch_that_nobody_can_answer_fails_with_a_reason()
    {
        StartAll(Impatient);
        _exchanges["east"].Tell(new PayloadProtocol.Fetch(Digest.Of([1])), TestActor);
        AdvanceUntil(() => HasMessages);
        Assert.Contains("no member", ExpectMsg<PayloadProtocol.FetchFailed>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_holder_that_lies_is_left_for_an_honest_one()
    {
        var liar = Join("north");
        StartAll(except: "north");
        var payload = Random(2 * PayloadChunks.Size);
        var digest = Digest.Of(payload);
        var other = new PayloadChunks(Random(payload.Length, seed: 2));

        _exchanges["east"].Tell(new PayloadProtocol.Fetch(digest), TestActor);
        Assert.Equal(digest, liar.Expect<PayloadMessage.Want>().Payload);
        liar.Send("east", new PayloadMessage.Have(digest, payload.Length, other.Root));
        int index = liar.Expect<PayloadMessage.GetChunk>().Index;
        _stores["south"].Put(payload);
        liar.Send("east", new PayloadMessage.Chunk(digest, index, Random(PayloadChunks.Size, seed: 3), other.PathOf(index)));

        AdvanceUntil(() => HasMessages);
        Assert.Equal(payload, ExpectMsg<PayloadProtocol.Fetched>().Bytes);
    }

    [Fact]
    public void An_announcer_whose_proved_chunks_are_of_other_bytes_gets_no_ack_and_is_not_asked_again()
    {
        var liar = Join("north");
        StartAll(except: "north");
        var digest = Digest.Of("what it claims"u8);
        var other = new PayloadChunks(Random(1000));
        var announce = new PayloadMessage.Announce(Kind, digest, 1000, other.Root);

        liar.Send("east", announce);
        Assert.Equal(0, liar.Expect<PayloadMessage.GetChunk>().Index);
        liar.Send("east", new PayloadMessage.Chunk(digest, 0, other.Payload, other.PathOf(0)));
        AwaitCondition(() => _hub.Counters("north", "east").Delivered == 2);
        liar.Send("east", announce);
        liar.Send("east", new PayloadMessage.Want(digest));

        Assert.Equal(digest, liar.Expect<PayloadMessage.NotHave>().Payload);
        Assert.False(_stores["east"].Contains(digest));
    }

    [Fact]
    public void A_fetch_that_a_restart_cut_asks_only_for_the_chunks_that_lack()
    {
        var north = Join("north");
        Start("east");
        var chunks = new PayloadChunks(Random(4 * PayloadChunks.Size));
        var announce = new PayloadMessage.Announce(Kind, Digest.Of(chunks.Payload), chunks.Payload.Length, chunks.Root);
        int[] asked = Ask();
        foreach (int index in asked[..2])
            Give(index);
        AwaitCondition(() => _stores["east"].KeptChunks(announce.Payload).Count() == 2);

        Watch(_exchanges["east"]);
        Sys.Stop(_exchanges["east"]);
        ExpectTerminated(_exchanges["east"]);
        Start("east", store: _stores["east"]);
        Assert.Equal(asked[2..], Ask(2));
        foreach (int index in asked[2..])
            Give(index);
        Assert.Equal(announce.Payload, north.Expect<PayloadMessage.Ack>().StoreAck.Payload);
        Assert.Empty(_stores["east"].KeptChunks(announce.Payload));

        int[] Ask(int count = 4)
        {
            north.Send("east", announce);
            return [.. Enumerable.Range(0, count).Select(_ => north.Expect<PayloadMessage.GetChunk>().Index)];
        }

        void Give(int index) => north.Send("east", new PayloadMessage.Chunk(announce.Payload, index, chunks[index].ToArray(), chunks.PathOf(index)));
    }

    [Fact]
    public void A_holder_that_falls_silent_is_left_for_another()
    {
        var silent = Join("north");
        StartAll(except: "north");
        var payload = Random(2 * PayloadChunks.Size);
        var chunks = new PayloadChunks(payload);
        var digest = Digest.Of(payload);

        silent.Send("east", new PayloadMessage.Announce(Kind, digest, payload.Length, chunks.Root));
        silent.Expect<PayloadMessage.GetChunk>();
        silent.Expect<PayloadMessage.GetChunk>();
        silent.Send("east", new PayloadMessage.Chunk(digest, 0, chunks[0].ToArray(), chunks.PathOf(0)));
        _stores["west"].Put(payload);

        AdvanceUntil(() => _stores["east"].Contains(digest));
        AdvanceUntil(() => silent.TryReceive<PayloadMessage.Ack>(out var ack) && ack.StoreAck.Verify(Chain, _members, new Ed25519Verifier()));
    }

    [Fact]
    public void Loss_delays_a_publication_and_a_later_announce_completes_it()
    {
        StartAll();
        var random = new Random(7);
        _hub.SetFilter((_, _, _, _) =>
        {
            lock (random)
                return random.NextDouble() > 0.3;
        });
        var payload = Random(5 * PayloadChunks.Size + 17);

        _exchanges["south"].Tell(new PayloadProtocol.Publish(Kind, payload), TestActor);
        AdvanceUntil(() => HasMessages);

        Assert.True(ExpectMsg<PayloadProtocol.Published>().Acks.Count >= 3);
    }

    [Fact]
    public void Without_a_quorum_within_reach_a_publication_fails_and_names_who_is_missing()
    {
        StartAll(Impatient);
        _hub.Partition(["east", "west"], ["north", "south"]);

        _exchanges["east"].Tell(new PayloadProtocol.Publish(Kind, [1, 2, 3]), TestActor);
        AdvanceUntil(() => HasMessages);

        string reason = ExpectMsg<PayloadProtocol.PublishFailed>().Reason;
        Assert.Contains("2 of 3 store acks", reason, StringComparison.Ordinal);
        Assert.Contains("north, south", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_that_comes_back_late_is_told_again()
    {
        StartAll();
        _hub.SetConnected("north", false);
        _exchanges["east"].Tell(new PayloadProtocol.Publish(Kind, [1, 2, 3]), TestActor);
        ExpectMsg<PayloadProtocol.Published>();
        Assert.False(_stores["north"].Contains(Digest.Of([1, 2, 3])));

        _hub.SetConnected("north", true);
        AdvanceUntil(() => _stores["north"].Contains(Digest.Of([1, 2, 3])));
    }

    [Theory]
    [InlineData(SmallBound + 1, "allows")]
    [InlineData(0, "empty")]
    [InlineData(13, "unlucky")]
    public void A_payload_that_breaks_the_rules_is_refused_at_its_author(int size, string reason)
    {
        StartAll();
        _exchanges["east"].Tell(new PayloadProtocol.Publish(Kind, new byte[size]), TestActor);
        Assert.Contains(reason, ExpectMsg<PayloadProtocol.PublishFailed>().Reason, StringComparison.Ordinal);
        Assert.False(_stores["east"].Contains(Digest.Of(new byte[size])));
    }

    [Fact]
    public void An_announced_payload_beyond_the_bound_is_not_even_asked_for_and_one_that_fails_the_checks_gets_no_ack()
    {
        var author = Join("north");
        StartAll(except: "north");
        var unlucky = new PayloadChunks(new byte[13]);
        var fine = new PayloadChunks([1]);

        author.Send("east", new PayloadMessage.Announce(Kind, Digest.Of([9]), SmallBound + 1, Digest.Of([9])));
        author.Send("east", new PayloadMessage.Announce(Kind, Digest.Of(unlucky.Payload), 13, unlucky.Root));
        Assert.Equal(Digest.Of(unlucky.Payload), author.Expect<PayloadMessage.GetChunk>().Payload);
        author.Send("east", new PayloadMessage.Chunk(Digest.Of(unlucky.Payload), 0, unlucky.Payload, unlucky.PathOf(0)));
        author.Send("east", new PayloadMessage.Announce(Kind, Digest.Of([1]), 1, fine.Root));
        Assert.Equal(Digest.Of([1]), author.Expect<PayloadMessage.GetChunk>().Payload);
        author.Send("east", new PayloadMessage.Chunk(Digest.Of([1]), 0, fine.Payload, fine.PathOf(0)));

        Assert.Equal(Digest.Of([1]), author.Expect<PayloadMessage.Ack>().StoreAck.Payload);
        Assert.False(_stores["east"].Contains(Digest.Of(unlucky.Payload)));
    }

    [Fact]
    public void A_full_disk_means_no_ack_and_a_clear_failure_at_the_author()
    {
        StartAll(Impatient);
        _stores["east"].Full = true;
        _exchanges["east"].Tell(new PayloadProtocol.Publish(Kind, [1, 2]), TestActor);
        Assert.Contains("full", ExpectMsg<PayloadProtocol.PublishFailed>().Reason, StringComparison.Ordinal);

        _stores["east"].Full = false;
        _stores["north"].Full = _stores["south"].Full = true;
        _exchanges["east"].Tell(new PayloadProtocol.Publish(Kind, [1, 2]), TestActor);
        AdvanceUntil(() => HasMessages);
        Assert.Contains("2 of 3", ExpectMsg<PayloadProtocol.PublishFailed>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Acks_that_are_forged_or_of_strangers_do_not_count()
    {
        var north = Join("north");
        var south = Join("south");
        var west = Join("west");
        Start("east", Impatient);
        _exchanges["east"].Tell(new PayloadProtocol.Publish(Kind, [1, 2]), TestActor);
        var digest = north.Expect<PayloadMessage.Announce>().Payload;

        north.Send("east", new PayloadMessage.Ack(StoreAck.Create(Digest.Of("another chain"u8), digest, "north", _signers[1])));
        south.Send("east", new PayloadMessage.Ack(StoreAck.Create(Chain, digest, "south", _signers[1])));
        _hub.Join("stranger").Send("east", Chain, PeerLane.Payload,
            new PayloadMessage.Ack(StoreAck.Create(Chain, digest, "north", _signers[1])).Encode());
        _hub.Join("north").Send("east", Chain, PeerLane.Payload, [0xff, 0x00]);
        west.Send("east", new PayloadMessage.Ack(StoreAck.Create(Chain, digest, "west", _signers[3])));

        AdvanceUntil(() => HasMessages);
        Assert.Contains("2 of 3", ExpectMsg<PayloadProtocol.PublishFailed>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_withdrawn_payload_is_not_announced_again()
    {
        var north = Join("north");
        Start("east");
        _exchanges["east"].Tell(new PayloadProtocol.Publish(Kind, [1, 2]), TestActor);
        north.Expect<PayloadMessage.Announce>();
        Scheduler.Advance(Patient.AnnounceInterval + Patient.Tick);
        var again = north.Expect<PayloadMessage.Announce>();

        _exchanges["east"].Tell(new PayloadProtocol.Withdraw(again.Payload), TestActor);
        _exchanges["east"].Tell(new Identify("withdrawn"), TestActor);
        ExpectMsg<ActorIdentity>();
        Scheduler.Advance(10 * Patient.AnnounceInterval);
        // The answer to a question asked after all that is the next thing that comes.
        north.Send("east", new PayloadMessage.Want(Digest.Of("unknown"u8)));
        north.Expect<PayloadMessage.NotHave>();
    }

    [Fact]
    public void More_fetches_than_may_run_at_once_wait_their_turn()
    {
        StartAll(Patient with { MaxTransfers = 1 });
        var digests = Enumerable.Range(1, 8).Select(i => _stores["west"].Put(Random(300_000, seed: i))).ToList();

        foreach (var digest in digests)
            _exchanges["east"].Tell(new PayloadProtocol.Fetch(digest), TestActor);

        var fetched = ReceiveN(8).Cast<PayloadProtocol.Fetched>().Select(f => f.Payload);
        Assert.Equal(digests.Order(), fetched.Order());
    }

    private static byte[] Random(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private void StartAll(PayloadExchangeSettings? settings = null, string? except = null)
    {
        foreach (string id in _ids.Where(id => id != except))
            Start(id, settings);
    }

    private void Start(string id, PayloadExchangeSettings? settings = null, MemoryPayloadStore? store = null)
    {
        _stores[id] = store ?? new MemoryPayloadStore();
        _exchanges[id] = Sys.ActorOf(PayloadExchange.Props(
            Chain, () => new ChainRules(ProtocolVersion.Newest, 0, _members, _members, null), id, _signers[Array.IndexOf(_ids, id)], _hub.Join(id), _stores[id], new Checks(), settings ?? Patient), id);
        _exchanges[id].Tell(new Identify(id), TestActor);
        ExpectMsg<ActorIdentity>();
    }

    private ByHand Join(string id)
    {
        var probe = CreateTestProbe();
        var network = _hub.Join(id);
        network.Register(Chain, PeerLane.Payload, probe);
        return new ByHand(network, probe);
    }

    /// <summary>Moves virtual time until the condition holds; real time only bounds a failing test.</summary>
    private void AdvanceUntil(Func<bool> condition) => AwaitCondition(
        () =>
        {
            if (condition())
                return true;
            Scheduler.Advance(TimeSpan.FromMilliseconds(250));
            return condition();
        },
        TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(5));

    private sealed class Checks : IPayloadChecks
    {
        public long MaxBytes(int kind) => kind == Kind ? SmallBound : 0;

        public string? Check(int kind, ReadOnlyMemory<byte> payload) => payload.Length == 13 ? "unlucky" : null;
    }

    private sealed class ByHand(IPeerNetwork network, TestProbe probe)
    {
        public void Send(string to, PayloadMessage message) => network.Send(to, Chain, PeerLane.Payload, message.Encode());

        public T Expect<T>() where T : PayloadMessage =>
            Assert.IsType<T>(Canonical.Decode<PayloadMessage>(probe.ExpectMsg<PeerMessage>().Bytes));

        public bool TryReceive<T>(out T message) where T : PayloadMessage
        {
            message = null!;
            if (!probe.HasMessages || Canonical.Decode<PayloadMessage>(probe.ExpectMsg<PeerMessage>().Bytes) is not T received)
                return false;
            message = received;
            return true;
        }
    }
}
