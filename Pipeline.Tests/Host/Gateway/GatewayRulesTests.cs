using System.Buffers;
using Pipeline.Host.Configuration;
using Pipeline.Host.Gateway;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Xunit;

namespace Pipeline.Tests.Host.Gateway;

/// <summary>The gateway's decisions, without sockets.</summary>
public sealed class GatewayRulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Digest Chain = Digest.Of("chain"u8);

    private static readonly GatewayLimits Limits = GatewayWorld.Settings(
        "pipeline.gateway { consensus-queue = 16, sync-queue = 16, payload-queue = 40, queue-size = 8MiB }").Limits;

    [Fact]
    public void Consensus_goes_first_and_nothing_starves()
    {
        var queues = new LaneQueues(Limits with { ConsensusQueue = 100 });
        for (int i = 0; i < 40; i++)
        {
            Assert.True(queues.TryEnqueue(Message(PeerLane.Payload, i)));
            Assert.True(queues.TryEnqueue(Message(PeerLane.Consensus, i)));
        }

        var lanes = Enumerable.Range(0, 80).Select(_ => queues.TryDequeue()!.Lane).ToArray();
        Assert.All(lanes.Take(LaneQueues.TurnsBeforeLower), lane => Assert.Equal(PeerLane.Consensus, lane));
        Assert.Equal(PeerLane.Payload, lanes[LaneQueues.TurnsBeforeLower]);
        Assert.Equal(PeerLane.Consensus, lanes[LaneQueues.TurnsBeforeLower + 1]);
        Assert.Equal(40, lanes.Count(lane => lane == PeerLane.Payload));
        Assert.Null(queues.TryDequeue());
    }

    [Fact]
    public void A_full_lane_takes_no_more_by_count_and_by_bytes_and_the_others_do()
    {
        var queues = new LaneQueues(Limits);
        Assert.All(Enumerable.Range(0, 16), i => Assert.True(queues.TryEnqueue(Message(PeerLane.Sync, i))));
        Assert.False(queues.TryEnqueue(Message(PeerLane.Sync, 16)));
        Assert.All(Enumerable.Range(0, 8), _ => Assert.True(queues.TryEnqueue(new Frame.Message(Chain, PeerLane.Payload, new byte[1 << 20]))));
        Assert.False(queues.TryEnqueue(Message(PeerLane.Payload, 1)));
        Assert.True(queues.TryEnqueue(Message(PeerLane.Consensus, 1)));
        Assert.Equal(25, queues.Count);
    }

    [Fact]
    public void A_token_bucket_saves_its_burst_and_no_more()
    {
        var bucket = new TokenBucket(perSecond: 10, burst: 20);
        Assert.All(Enumerable.Range(0, 20), _ => Assert.True(bucket.TryTake(1, Start)));
        Assert.False(bucket.TryTake(1, Start));
        Assert.True(bucket.TryTake(1, Start.AddMilliseconds(100)));
        Assert.False(bucket.TryTake(1, Start.AddMilliseconds(100)));
        Assert.Equal(TimeSpan.Zero, bucket.Borrow(20, Start.AddHours(1)));
        Assert.Equal(TimeSpan.FromSeconds(3), bucket.Borrow(30, Start.AddHours(1)));
    }

    [Fact]
    public void Bans_double_up_to_the_longest_and_good_behaviour_is_remembered()
    {
        var bans = new BanList(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(3));
        Assert.Null(bans.Find("south", Start));
        Assert.Equal(TimeSpan.FromMinutes(1), bans.Add("south", "flood", Start).Length);
        Assert.Equal("flood", bans.Find("south", Start.AddSeconds(59))!.Reason);
        Assert.Null(bans.Find("south", Start.AddSeconds(60)));
        Assert.Null(bans.Find("west", Start));
        Assert.Equal(TimeSpan.FromMinutes(2), bans.Add("south", "flood", Start.AddMinutes(2)).Length);
        Assert.Equal(TimeSpan.FromMinutes(3), bans.Add("south", "flood", Start.AddMinutes(5)).Length);
        Assert.Equal(TimeSpan.FromMinutes(1), bans.Add("south", "flood", Start.AddMinutes(12)).Length);
    }

    [Fact]
    public void Pauses_between_dials_double_with_jitter_up_to_the_longest()
    {
        var pause = new DialPause(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), () => 1);
        Assert.Equal([100, 200, 400, 800, 1000, 1000], Enumerable.Range(0, 6).Select(_ => pause.Next().TotalMilliseconds));
        pause.Reset();
        Assert.Equal(100, pause.Next().TotalMilliseconds);
        Assert.Equal(50, new DialPause(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), () => 0).Next().TotalMilliseconds);
    }

    [Fact]
    public void Of_two_links_that_cross_both_ends_keep_the_one_that_the_smaller_name_dialled()
    {
        Digest first = Digest.Of([1]), second = Digest.Of([2]);
        var atNorth = new LinkTable("north");
        Assert.True(atNorth.TryAdd(Link("south", first, dialled: false), out _));
        var own = Link("south", first, dialled: true);
        Assert.True(atNorth.TryAdd(own, out var displaced));
        Assert.False(displaced!.Dialled);
        Assert.False(atNorth.TryAdd(Link("south", first, dialled: false), out displaced));
        Assert.Null(displaced);
        Assert.Same(own, atNorth.Find("south"));

        var atSouth = new LinkTable("south");
        Assert.True(atSouth.TryAdd(Link("north", first, dialled: false), out _));
        Assert.False(atSouth.TryAdd(Link("north", first, dialled: true), out _));
        // A peer that has restarted, or dials once more, has no use for its old link.
        Assert.True(atSouth.TryAdd(Link("north", second, dialled: true), out displaced));
        Assert.Equal(first, displaced!.Instance);
        var again = Link("north", second, dialled: true);
        Assert.True(atSouth.TryAdd(again, out _));
        atSouth.Remove(displaced);
        Assert.Same(again, atSouth.Find("north"));
        atSouth.Remove(again);
        Assert.Empty(atSouth.All);
    }

    [Fact]
    public void A_hello_of_one_that_changes_its_key_is_heard_by_those_who_know_either()
    {
        using var old = Ed25519Signer.Create();
        using var renewed = Ed25519Signer.Create();
        var (own, theirs) = (Digest.Of("our certificate"u8), Digest.Of("theirs"u8));
        var check = new HelloCheck("north", new Ed25519Verifier());
        Hello Of(params ISigner[] keys) => Hello.Create("south", Digest.Of([7]), theirs, own, [new GatewayChain(Chain, "chest", _ => [], new MemberKeys(keys))]);
        HelloCheck.Verdict Judge(Hello hello, params Ed25519Signer[] known) => check.Judge(
            hello, theirs, own, new Dictionary<Digest, GatewayChain> { [Chain] = new(Chain, "chest", _ => [.. known.Select(k => k.PublicKey)], new MemberKeys(old)) });

        Assert.Equal(old.PublicKey, Judge(Of(old, renewed), old).Chains[Chain]);
        Assert.Equal(renewed.PublicKey, Judge(Of(old, renewed), renewed).Chains[Chain]);
        Assert.Equal(renewed.PublicKey, Judge(Of(old, renewed), old, renewed).Chains[Chain]);
        Assert.Equal(old.PublicKey, Judge(Of(old), old, renewed).Chains[Chain]);
        Assert.Contains("not signed by the key", Judge(Of(old), renewed).Refusal, StringComparison.Ordinal);
        // What else is sent is not tried.
        Assert.Contains("not signed by the key", Judge(Of(old, old, renewed), renewed).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hello_holds_for_its_member_its_chain_and_its_two_certificates_alone()
    {
        using var signer = Ed25519Signer.Create();
        using var newKey = Ed25519Signer.Create();
        var (own, theirs, other) = (Digest.Of("our certificate"u8), Digest.Of("theirs"u8), Digest.Of("another"u8));
        var check = new HelloCheck("north", new Ed25519Verifier());
        var members = new MemberSet([new Member("south", signer.PublicKey)]);
        var chains = new Dictionary<Digest, GatewayChain> { [Chain] = GatewayChain.Of(Chain, "chest", () => members, new MemberKeys(signer)) };
        var hello = Hello.Create("south", Digest.Of([7]), theirs, own, chains.Values);

        var verdict = check.Judge(hello, theirs, own, chains);
        Assert.Null(verdict.Refusal);
        Assert.Equal(signer.PublicKey, verdict.Chains[Chain]);
        Assert.Contains("not signed by the key", check.Judge(hello, other, own, chains).Refusal, StringComparison.Ordinal);
        Assert.Contains("not signed by the key", check.Judge(hello, theirs, other, chains).Refusal, StringComparison.Ordinal);
        Assert.Contains("not signed by the key", check.Judge(hello with { Instance = other }, theirs, own, chains).Refusal, StringComparison.Ordinal);
        Assert.Contains("names 'west'", check.Judge(hello, theirs, own, chains, expected: "west").Refusal, StringComparison.Ordinal);
        Assert.Contains("version 2", check.Judge(hello with { Version = 2 }, theirs, own, chains).Refusal, StringComparison.Ordinal);
        Assert.Contains("is no member", check.Judge(hello with { Member = "west" }, theirs, own, chains).Refusal, StringComparison.Ordinal);
        Assert.Contains("no member's", check.Judge(hello with { Member = "we\nst" }, theirs, own, chains).Refusal, StringComparison.Ordinal);
        members = new MemberSet([new Member("south", newKey.PublicKey)]);
        Assert.Contains("not signed by the key", check.Judge(hello, theirs, own, chains).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_have_one_form_each()
    {
        Assert.Equal("02" + "01" + Chain + "0102", Hex(new Frame.Message(Chain, PeerLane.Sync, [1, 2])));
        Assert.Equal("03627965", Hex(new Frame.Goodbye("bye")));
        var hello = new Hello(1, "south", Chain, [new HelloSeat(Chain, new byte[64])]);
        Assert.Equal("01" + Convert.ToHexStringLower(Canonical.Encode(hello)), Hex(new Frame.Greeting(hello)));
        Assert.StartsWith("018401" + "65736f757468" + "5820" + Chain + "81825820", Hex(new Frame.Greeting(hello)), StringComparison.Ordinal);

        var message = Assert.IsType<Frame.Message>(FrameCodec.Read(new ReadOnlySequence<byte>(Bytes(new Frame.Message(Chain, PeerLane.Payload, [1, 2, 3])))));
        Assert.Equal((Chain, PeerLane.Payload), (message.ChainId, message.Lane));
        Assert.Equal([1, 2, 3], message.Bytes);
        Assert.Equal("bye", Assert.IsType<Frame.Goodbye>(FrameCodec.Read(new ReadOnlySequence<byte>([3, 98, 10, 121, 101]))).Reason);
        Assert.Equal("south", Assert.IsType<Frame.Greeting>(FrameCodec.Read(new ReadOnlySequence<byte>(Bytes(new Frame.Greeting(hello))))).Hello.Member);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("04")]
    [InlineData("02")]
    [InlineData("0200")]
    [InlineData("0203" + "0000000000000000000000000000000000000000000000000000000000000000" + "01")]
    [InlineData("0200" + "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("01")]
    [InlineData("0180")]
    [InlineData("019bffffffffffffffff")]
    public void What_is_no_frame_is_a_value(string hex) =>
        Assert.IsType<Frame.Malformed>(FrameCodec.Read(new ReadOnlySequence<byte>(Convert.FromHexString(hex))));

    [Fact]
    public void Damaged_frames_never_throw_and_never_allocate_beyond_their_size()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        byte[] sample = Bytes(new Frame.Greeting(new Hello(1, "south", Chain, [new HelloSeat(Chain, new byte[64])])));
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = [.. sample.Take(random.Next(sample.Length + 1))];
            for (int flips = random.Next(4); flips > 0 && bytes.Length > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.True(FrameCodec.Read(new ReadOnlySequence<byte>(bytes)) is not null, $"seed {seed}, mutation {i}");
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 128 * 1024, $"seed {seed}, mutation {i}: {Convert.ToHexString(bytes)}");
        }
    }

    private static PeerLink Link(string member, Digest instance, bool dialled) =>
        new(member, instance, dialled, "somewhere", new Dictionary<Digest, MemberPublicKey>(), GatewayWorld.Settings(""), TimeProvider.System);

    private static Frame.Message Message(PeerLane lane, int i) => new(Chain, lane, [(byte)i]);

    private static byte[] Bytes(Frame frame)
    {
        var writer = new ArrayBufferWriter<byte>();
        FrameCodec.Write(frame, writer);
        return writer.WrittenSpan.ToArray();
    }

    private static string Hex(Frame frame) => Convert.ToHexStringLower(Bytes(frame));
}
