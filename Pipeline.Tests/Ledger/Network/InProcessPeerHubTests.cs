using Akka.Actor;
using Akka.Actor.Dsl;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Xunit;

namespace Pipeline.Tests.Ledger.Network;

public sealed class InProcessPeerHubTests : PatientTestKit
{
    private static readonly Digest Chain = Digest.Of("chain"u8);
    private static readonly Digest Other = Digest.Of("other"u8);

    private readonly InProcessPeerHub _hub = new(new MailboxLimits(Consensus: 3, Sync: 3, Payload: 3));

    [Fact]
    public void Delivers_to_the_lane_and_chain_that_registered_and_attributes_the_sender()
    {
        var north = _hub.Join("north");
        var south = _hub.Join("south");
        var consensus = CreateTestProbe();
        var payload = CreateTestProbe();
        south.Register(Chain, PeerLane.Consensus, consensus);
        south.Register(Chain, PeerLane.Payload, payload);

        north.Send("south", Chain, PeerLane.Payload, [1, 2, 3]);
        north.Send("south", Other, PeerLane.Payload, [9]);

        var message = payload.ExpectMsg<PeerMessage>();
        Assert.Equal((Chain, "north", PeerLane.Payload), (message.ChainId, message.From, message.Lane));
        Assert.Equal([1, 2, 3], message.Bytes);
        Assert.Equal(3, north.BytesSent(Chain, PeerLane.Payload));
        Assert.Equal(0, north.BytesSent(Chain, PeerLane.Consensus));
        Assert.Equal(new LinkCounters(1, 3, Lost: 1, Overflowed: 0), _hub.Counters("north", "south"));
        Assert.Equal(default, _hub.Counters("south", "north"));
        consensus.ExpectNoMsg(TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    public void Delivers_between_two_actor_systems()
    {
        using var second = ActorSystem.Create("second");
        var probe = new Akka.TestKit.Xunit2.TestKit(second).CreateTestProbe();
        _hub.Join("south").Register(Chain, PeerLane.Sync, probe);

        _hub.Join("north").Send("south", Chain, PeerLane.Sync, [7]);

        Assert.Equal([7], probe.ExpectMsg<PeerMessage>().Bytes);
    }

    [Fact]
    public void A_member_that_is_away_neither_hears_nor_is_heard_until_it_is_back()
    {
        var (north, south, atNorth, atSouth) = Pair();

        _hub.SetConnected("south", false);
        north.Send("south", Chain, PeerLane.Consensus, [1]);
        south.Send("north", Chain, PeerLane.Consensus, [2]);
        _hub.SetConnected("south", true);
        north.Send("south", Chain, PeerLane.Consensus, [3]);
        south.Send("north", Chain, PeerLane.Consensus, [4]);

        Assert.Equal([3], atSouth.ExpectMsg<PeerMessage>().Bytes);
        Assert.Equal([4], atNorth.ExpectMsg<PeerMessage>().Bytes);
        Assert.Equal(1, _hub.Counters("north", "south").Lost);
    }

    [Fact]
    public void A_partition_cuts_both_directions_and_heal_mends_it()
    {
        var (north, south, atNorth, atSouth) = Pair();

        _hub.Partition(["north"], ["south", "east"]);
        north.Send("south", Chain, PeerLane.Consensus, [1]);
        south.Send("north", Chain, PeerLane.Consensus, [2]);
        _hub.Heal();
        north.Send("south", Chain, PeerLane.Consensus, [3]);
        south.Send("north", Chain, PeerLane.Consensus, [4]);

        Assert.Equal([3], atSouth.ExpectMsg<PeerMessage>().Bytes);
        Assert.Equal([4], atNorth.ExpectMsg<PeerMessage>().Bytes);
    }

    [Fact]
    public void One_direction_can_be_cut_and_a_filter_loses_what_it_refuses()
    {
        var (north, south, atNorth, atSouth) = Pair();

        _hub.SetLink("north", "south", false);
        north.Send("south", Chain, PeerLane.Consensus, [1]);
        south.Send("north", Chain, PeerLane.Consensus, [2]);
        Assert.Equal([2], atNorth.ExpectMsg<PeerMessage>().Bytes);

        _hub.SetLink("north", "south", true);
        _hub.SetFilter((_, _, _, bytes) => bytes[0] % 2 == 0);
        north.Send("south", Chain, PeerLane.Consensus, [3]);
        north.Send("south", Chain, PeerLane.Consensus, [4]);
        Assert.Equal([4], atSouth.ExpectMsg<PeerMessage>().Bytes);
        Assert.Equal(2, _hub.Counters("north", "south").Lost);
    }

    [Fact]
    public void What_a_busy_receiver_cannot_take_is_dropped_and_counted()
    {
        var started = new ManualResetEventSlim();
        var go = new ManualResetEventSlim();
        var done = CreateTestProbe();
        var busy = Sys.ActorOf(c => c.Receive<PeerMessage>((message, _) =>
        {
            started.Set();
            go.Wait(TimeSpan.FromSeconds(10));
            done.Ref.Tell(message.Bytes[0]);
        }));
        _hub.Join("south").Register(Chain, PeerLane.Payload, busy);
        var north = _hub.Join("north");

        north.Send("south", Chain, PeerLane.Payload, [0]);
        Assert.True(started.Wait(TimeSpan.FromSeconds(10)));
        for (byte i = 1; i <= 10; i++)
            north.Send("south", Chain, PeerLane.Payload, [i]);
        Assert.Equal(7, _hub.Counters("north", "south").Overflowed);
        go.Set();

        Assert.Equal(new byte[] { 0, 1, 2, 3 }, done.ReceiveN(4).Cast<byte>());
    }

    [Fact]
    public void Joining_again_silences_the_former_self_and_an_old_receiver_cannot_remove_a_new_one()
    {
        var (north, south, atNorth, _) = Pair();
        var reborn = _hub.Join("south");
        var fresh = CreateTestProbe();
        reborn.Register(Chain, PeerLane.Consensus, CreateTestProbe());
        var former = CreateTestProbe();
        reborn.Register(Chain, PeerLane.Consensus, fresh);
        reborn.Unregister(Chain, PeerLane.Consensus, former);

        south.Send("north", Chain, PeerLane.Consensus, [1]);
        reborn.Send("north", Chain, PeerLane.Consensus, [2]);
        north.Send("south", Chain, PeerLane.Consensus, [3]);

        Assert.Equal([2], atNorth.ExpectMsg<PeerMessage>().Bytes);
        Assert.Equal([3], fresh.ExpectMsg<PeerMessage>().Bytes);

        reborn.Unregister(Chain, PeerLane.Consensus, fresh);
        north.Send("south", Chain, PeerLane.Consensus, [4]);
        Assert.Equal(1, _hub.Counters("north", "south").Lost);
    }

    [Fact]
    public void Sending_to_oneself_is_a_fault() =>
        Assert.Throws<ArgumentException>(() => _hub.Join("north").Send("north", Chain, PeerLane.Sync, [1]));

    private (IPeerNetwork North, IPeerNetwork South, Akka.TestKit.TestProbe AtNorth, Akka.TestKit.TestProbe AtSouth) Pair()
    {
        var north = _hub.Join("north");
        var south = _hub.Join("south");
        var atNorth = CreateTestProbe();
        var atSouth = CreateTestProbe();
        north.Register(Chain, PeerLane.Consensus, atNorth);
        south.Register(Chain, PeerLane.Consensus, atSouth);
        return (north, south, atNorth, atSouth);
    }
}
