using Pipeline.Ledger.Network;
using Xunit;

namespace Pipeline.Tests.Host.Gateway;

/// <summary>Links between gateways over real sockets and TLS.</summary>
public sealed class GatewayLinkTests : PatientTestKit, IAsyncLifetime
{
    private readonly GatewayWorld _world = new("east", "north", "south", "west");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task A_member_that_only_dials_is_heard_and_hears()
    {
        await using var north = await _world.StartAsync("north");
        await using var south = await _world.StartAsync("south", listens: false, dials: [("north", north.Port)]);
        var (atNorth, atSouth) = (CreateTestProbe(), CreateTestProbe());
        north.Register(_world.Chain, PeerLane.Consensus, atNorth);
        south.Register(_world.Chain, PeerLane.Payload, atSouth);
        await _world.Linked(north, "south");
        await _world.Linked(south, "north");

        byte[] bulk = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];
        south.Send("north", _world.Chain, PeerLane.Consensus, [1, 2, 3]);
        north.Send("south", _world.Chain, PeerLane.Payload, bulk);

        var heard = atNorth.ExpectMsg<PeerMessage>();
        Assert.Equal((_world.Chain, "south", PeerLane.Consensus), (heard.ChainId, heard.From, heard.Lane));
        Assert.Equal([1, 2, 3], heard.Bytes);
        Assert.Equal(bulk, atSouth.ExpectMsg<PeerMessage>().Bytes);
        Assert.Equal(bulk.Length, north.BytesSent(_world.Chain, PeerLane.Payload));
    }

    [Fact]
    public async Task Two_that_dial_each_other_keep_one_link_and_both_the_same()
    {
        // Each must know the other's port before it starts, so one is started twice.
        int port;
        await using (var first = await _world.StartAsync("south"))
            port = first.Port;
        await using var north = await _world.StartAsync("north", dials: [("south", port)]);
        await using var south = await _world.StartAsync("south", dials: [("north", north.Port)], hocon: $"pipeline.gateway.listen = \"127.0.0.1:{port}\"");
        var atSouth = CreateTestProbe();
        south.Register(_world.Chain, PeerLane.Sync, atSouth);

        await _world.Linked(north, "south");
        await _world.Linked(south, "north");
        // Until each has heard of the other's call, each may hold one of two.
        AwaitAssert(() => Assert.NotEqual(north.Links.Single().Dialled, south.Links.Single().Dialled));
        AwaitAssert(() =>
        {
            north.Send("south", _world.Chain, PeerLane.Sync, [9]);
            Assert.Equal([9], atSouth.ExpectMsg<PeerMessage>(TimeSpan.FromSeconds(2)).Bytes);
        });
    }

    [Fact]
    public async Task A_peer_that_comes_back_is_dialled_again()
    {
        var south = await _world.StartAsync("south");
        int port = south.Port;
        await using var north = await _world.StartAsync("north", listens: false, dials: [("south", port)]);
        await _world.Linked(north, "south");

        await south.DisposeAsync();
        await _world.Linked(north);
        await _world.Told("north", "this site stops");
        await using var again = await _world.StartAsync("south", hocon: $"pipeline.gateway.listen = \"127.0.0.1:{port}\"");
        await _world.Linked(north, "south");
    }

    [Fact]
    public async Task A_member_that_left_the_chain_is_disconnected_and_refused()
    {
        await using var north = await _world.StartAsync("north");
        await using var south = await _world.StartAsync("south", listens: false, dials: [("north", north.Port)]);
        await using var west = await _world.StartAsync("west", listens: false, dials: [("north", north.Port)]);
        await _world.Linked(north, "south", "west");

        _world.Dismiss("south");

        await _world.Linked(north, "west");
        await _world.Told("south", "is no member of chain 'chest'");
        await _world.Told("north", "refused: 'south' is no member of chain 'chest'");
    }

    [Fact]
    public async Task A_member_whose_key_changes_proves_its_certificate_by_the_new_one()
    {
        await using var north = await _world.StartAsync("north");
        await using var south = await _world.StartAsync("south", listens: false, dials: [("north", north.Port)]);
        await _world.Linked(north, "south");
        var before = north.Links.Single().Since;

        _world.Draw("south");
        _world.Rotate("south");

        await _world.Told("north", "is no member of chain 'chest' any more, or has another key");
        await Site.RunningSite.Until(() => north.Links is [var link] && link.Since > before, () => _world.EventsOf("north"));
        Assert.DoesNotContain("refused", _world.EventsOf("north"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receivers_complaints_lead_to_a_ban_with_a_reason_and_the_others_do_not_notice()
    {
        await using var north = await _world.StartAsync("north", hocon: "pipeline.gateway { invalid-per-minute = 3, ban = 1h }");
        await using var south = await _world.StartAsync("south", listens: false, dials: [("north", north.Port)]);
        await using var west = await _world.StartAsync("west", listens: false, dials: [("north", north.Port)]);
        var atNorth = CreateTestProbe();
        north.Register(_world.Chain, PeerLane.Consensus, atNorth);
        await _world.Linked(north, "south", "west");

        south.Send("north", _world.Chain, PeerLane.Consensus, [0xff]);
        var garbage = atNorth.ExpectMsg<PeerMessage>();
        for (int i = 0; i < 4; i++)
            north.Report(garbage, "not canonical");

        await _world.Linked(north, "west");
        await _world.Told("north", "south: disconnected and banned for 3600 s: more than 3 invalid messages in a minute, the last one: not canonical");
        await _world.Told("south", "it refuses us: 'south' is banned until");
        west.Send("north", _world.Chain, PeerLane.Consensus, [4]);
        Assert.Equal("west", atNorth.ExpectMsg<PeerMessage>().From);
    }
}
