using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Bridge;

/// <summary>Packets of chain "skull" delivered to chain "chest", by relays honest and not.</summary>
public sealed class BridgeMachineTests
{
    private const long Now = TestChain.GenesisTime + 60_000;
    private const int Patience = 5;

    private static readonly TestChain Source = new("skull", keySet: 1);
    private static readonly TestChain Target = new("chest", trusted: [Source.Trust(periodMs: 1_000_000)]);
    private static readonly Digest Layout = BackbonePayload.LayoutDigest(TestChain.Layout);
    private static readonly long Bytes = BackbonePayload.BytesFor(TestChain.Layout);

    private readonly BridgeMachine _source = Machine(Source, []);
    private readonly BridgeMachine _target = Machine(Target, Target.Learning.TrustedChains);
    private readonly List<IChainEvent> _events = [];

    [Fact]
    public void A_proven_packet_becomes_an_offer_and_is_acked()
    {
        Assert.Null(Deliver(Emit()));
        var offered = Assert.IsType<AuxiliaryOffered>(Assert.Single(_events));
        Assert.Equal(1, offered.Packet.Sequence);
        Assert.Equal(2, _target.Channels[0].NextSequence);
        Assert.Equal(Outbox.LeafOf(new PacketAck(Source.Id, 1, PacketError.None)), Assert.Single(_target.Outbox.Leaves).Bytes);
    }

    [Fact]
    public void Every_leaf_of_a_growing_outbox_is_proved_by_every_later_header()
    {
        for (int n = 1; n <= 6; n++)
        {
            Emit();
            var header = Source.Certify(Header());
            for (int index = 0; index < n; index++)
            {
                var proof = _source.Outbox.Prove(index, header);
                Assert.True(MerkleTree.VerifyInclusion(
                    header.Header.OutboxRoot, _source.Outbox.Leaves[index].Bytes, proof.LeafIndex, proof.LeafCount, proof.Path));
            }
        }
    }

    [Fact]
    public void Packets_are_consumed_one_after_the_other_under_one_late_header()
    {
        var packets = Enumerable.Range(0, 6).Select(_ => Emit()).ToArray();
        for (int i = 0; i < packets.Length; i++)
            Assert.Null(Deliver(packets[i], height: 1 + (i * Patience)));
        Assert.Equal(7, _target.Channels[0].NextSequence);
    }

    [Fact]
    public void A_header_that_does_not_cover_the_packet_cannot_prove_it()
    {
        var packet = Emit();
        Assert.Throws<ArgumentException>(() => Proof(packet, Header(packet.SourceHeight)));
    }

    [Fact]
    public void Replay_and_gap_are_refused()
    {
        var first = Emit();
        var second = Emit();
        Assert.Contains("leaves a gap; 1 is next", Deliver(second));
        Assert.Null(Deliver(first));
        Assert.Contains("already consumed; 2 is next", Deliver(first));
        Assert.Null(Deliver(second, height: 1 + Patience));
    }

    [Fact]
    public void A_newer_packet_leaves_an_offer_its_time_then_takes_its_place()
    {
        Assert.Null(Deliver(Emit()));
        Assert.Null(Deliver(Emit(), height: Patience));
        Assert.Contains("still being judged", Assert.IsType<PacketConsumed>(_events[1]).Error);
        Assert.Equal(1, _target.Channels[0].Offer!.Packet.Sequence);
        Assert.Null(Deliver(Emit(), height: 1 + Patience));
        Assert.Contains("took its place", Assert.IsType<AuxiliaryRefused>(_events[2]).Reason);
        Assert.Equal(3, Assert.IsType<AuxiliaryOffered>(_events[3]).Packet.Sequence);
    }

    [Fact]
    public void Any_altered_field_of_the_packet_breaks_the_proof()
    {
        var packet = Emit();
        var good = Proof(packet, Header());
        AuxiliaryPacket[] altered =
        [
            packet with { Model = TestChain.Named("x") }, packet with { Payload = TestChain.Named("x") }, packet with { AucPpm = 999_999 },
            packet with { Contributors = 3 }, packet with { ExpiryTime = packet.ExpiryTime + 1 }, packet with { Round = 8 },
        ];
        Assert.All(altered, p => Assert.Contains("not leaf", _target.Check(good with { Packet = p, Acks = Target.Acks(p.Payload) }, 1, Now)));
        Assert.Contains("not leaf", _target.Check(good with { Proof = good.Proof with { LeafIndex = 0, LeafCount = 2 } }, 1, Now));
    }

    [Fact]
    public void Forged_detached_and_mixed_epoch_headers_are_refused()
    {
        var packet = Emit();
        var good = Proof(packet, Header());
        BridgeDelivery With(CertifiedHeader header) => good with { Proof = good.Proof with { Header = header } };
        var header = Header();
        Assert.Contains("quorum", _target.Check(With(Source.Certify(header, signers: 2)), 1, Now));
        Assert.Contains("does not verify", _target.Check(With(Target.Certify(header)), 1, Now));
        Assert.Contains("certificate is for block", _target.Check(With(Source.Certify(header) with { Header = header with { Time = 5 } }), 1, Now));
        Assert.Contains("epoch 1", _target.Check(With(Source.Certify(header with { Epoch = 1 })), 1, Now));
        Assert.Null(_target.Check(good, 1, Now));
    }

    [Fact]
    public void Packets_for_others_and_from_unknown_chains_are_refused()
    {
        var packet = Emit();
        Assert.Contains("not trusted", _target.Check(Proof(packet, Header()) with { Packet = packet with { SourceChain = Target.Id } }, 1, Now));
        var elsewhere = Emit(p => p with { Destination = "elsewhere" });
        Assert.Equal(1, elsewhere.Sequence);
        Assert.Contains("for chain 'elsewhere'", Deliver(elsewhere));
    }

    [Fact]
    public void An_offer_needs_a_quorum_of_this_chains_acks()
    {
        var delivery = Proof(Emit(), Header());
        Assert.Contains("quorum", _target.Check(delivery with { Acks = [] }, 1, Now));
        Assert.Contains("does not verify", _target.Check(delivery with { Acks = Source.Acks(delivery.Packet.Payload) }, 1, Now));
    }

    [Theory]
    [InlineData(PacketError.Expired)]
    [InlineData(PacketError.SourceName)]
    [InlineData(PacketError.Purpose)]
    [InlineData(PacketError.Architecture)]
    [InlineData(PacketError.BackboneLayout)]
    [InlineData(PacketError.PayloadSize)]
    public void A_proven_but_useless_packet_is_consumed_with_an_error_ack_and_needs_no_acks(PacketError error)
    {
        var packet = Emit(p => error switch
        {
            PacketError.Expired => p with { ExpiryTime = Now - 1 },
            PacketError.SourceName => p with { SourceName = "other" },
            PacketError.Purpose => p with { Purpose = 77 },
            PacketError.Architecture => p with { Architecture = "other" },
            PacketError.BackboneLayout => p with { BackboneLayout = TestChain.Named("other") },
            _ => p with { PayloadBytes = 5 },
        });
        Assert.Null(_target.Apply(Proof(packet, Header()) with { Acks = [] }, 1, Now, _events));
        Assert.IsType<PacketConsumed>(Assert.Single(_events));
        Assert.Null(_target.Channels[0].Offer);
        Assert.Equal(2, _target.Channels[0].NextSequence);
        Assert.Equal(Outbox.LeafOf(new PacketAck(Source.Id, 1, error)), Assert.Single(_target.Outbox.Leaves).Bytes);
        Assert.Null(Deliver(Emit()));
    }

    [Fact]
    public void A_quorum_of_accepting_votes_accepts()
    {
        Assert.Null(Deliver(Emit()));
        Assert.Null(Vote(0, true));
        Assert.Null(Vote(1, false));
        Assert.Contains("already voted", Vote(0, false));
        Assert.Null(Vote(2, true));
        Assert.Null(Vote(3, true));
        Assert.IsType<AuxiliaryAccepted>(_events[^1]);
        Assert.Contains("not being judged", Vote(1, true));
    }

    [Fact]
    public void Refusals_that_make_acceptance_impossible_refuse()
    {
        Assert.Null(Deliver(Emit()));
        Vote(0, false);
        Assert.Single(_events);
        Vote(3, false);
        Assert.Contains("2 of 4", Assert.IsType<AuxiliaryRefused>(_events[^1]).Reason);
        Assert.Null(_target.Channels[0].Offer);
    }

    [Fact]
    public void Votes_of_strangers_and_on_other_packets_are_refused()
    {
        Assert.Null(Deliver(Emit()));
        Assert.Contains("not a member", _target.Apply("stranger", new GateVote(Source.Id, 1, true), _events));
        Assert.Contains("not being judged", _target.Apply("hospital-0", new GateVote(Source.Id, 2, true), _events));
        Assert.Contains("not being judged", _target.Apply("hospital-0", new GateVote(Target.Id, 1, true), _events));
    }

    [Fact]
    public void An_undecided_offer_is_refused_when_its_packet_expires()
    {
        Assert.Null(Deliver(Emit()));
        _target.EndBlock(Now + 10_000, _events);
        Assert.Single(_events);
        _target.EndBlock(Now + 10_001, _events);
        Assert.Contains("expired", Assert.IsType<AuxiliaryRefused>(_events[^1]).Reason);
    }

    [Fact]
    public void A_second_header_of_the_delivered_height_freezes_the_client_and_drops_its_offer()
    {
        Assert.Null(Deliver(Emit(), height: 1, headerHeight: 500));
        var second = Emit();
        Assert.Null(Deliver(second, height: 1 + Patience, headerHeight: 500));
        Assert.IsType<AuxiliaryRefused>(_events[1]);
        Assert.Equal(new ClientFrozen(Source.Id, 500), _events[2]);
        Assert.Contains("frozen", Deliver(Emit(), height: 100));
        Assert.Contains("not being judged", Vote(0, true));
    }

    [Fact]
    public void A_fork_proof_of_any_height_freezes_and_nothing_less_does()
    {
        var header = Header();
        CertifiedHeader[] pair = [Source.Certify(header), Source.Certify(header with { StateRoot = TestChain.Named("fork") })];
        Array.Sort(pair, (a, b) => a.Header.Id.CompareTo(b.Header.Id));
        var fork = new ForkProof(pair[0], pair[1]);
        Assert.Contains("ascending", _target.Check(new ForkProof(pair[1], pair[0]), Now));
        Assert.Contains("ascending", _target.Check(new ForkProof(pair[0], pair[0]), Now));
        Assert.Contains("two heights", _target.Check(fork with { Second = Source.Certify(header with { Height = header.Height + 1 }) }, Now));
        Assert.Contains("quorum", _target.Check(fork with { First = Source.Certify(pair[0].Header, signers: 2) }, Now));
        Assert.Null(_target.Apply(fork, Now, _events));
        Assert.IsType<ClientFrozen>(Assert.Single(_events));
        Assert.Contains("frozen", _target.Apply(fork, Now, _events));
    }

    [Fact]
    public void An_expired_client_believes_nothing() =>
        Assert.Contains("expired", Deliver(Emit(p => p with { ExpiryTime = long.MaxValue }), time: TestChain.GenesisTime + 1_000_001));

    private static BridgeMachine Machine(TestChain chain, IReadOnlyList<TrustedChain> trusted) => new(
        new BridgeTerms(
            chain.Id, chain.Genesis.Name, chain.Members, TestChain.GenesisTime, TestChain.Task.Architecture, Layout, Bytes, Patience, trusted),
        TestChain.Verifier);

    private AuxiliaryPacket Emit(Func<AuxiliaryPacket, AuxiliaryPacket>? alter = null)
    {
        int height = 10 + (10 * _source.Outbox.Leaves.Count);
        var packet = new AuxiliaryPacket(
            Source.Id, "skull", "chest", 1, TestChain.Task.Hash, TestChain.Task.Architecture, Layout, TestChain.Named($"model {height}"),
            TestChain.Named($"backbone {height}"), Bytes, 4, 7, height, 800_000, AuxiliaryPacket.AuxiliaryTraining, Now + 10_000);
        var events = new List<IChainEvent>();
        _source.Emit(alter?.Invoke(packet) ?? packet, height, events);
        return Assert.IsType<PacketEmitted>(Assert.Single(events)).Packet;
    }

    /// <summary>A source header over everything emitted so far.</summary>
    private BlockHeader Header(long? height = null) => new(
        ProtocolVersion.Newest, Source.Id, 0, height ?? 1000 + _source.Outbox.Leaves.Count, Now - 1000, Digest.Zero, Digest.Zero, _source.Outbox.Root, Digest.Zero, Digest.Zero,
        Source.Members.Hash, Source.Members.Hash, Digest.Zero, 0);

    private BridgeDelivery Proof(AuxiliaryPacket packet, BlockHeader header)
    {
        byte[] leaf = Outbox.LeafOf(packet);
        int index = _source.Outbox.Leaves.ToList().FindIndex(l => l.Bytes.AsSpan().SequenceEqual(leaf));
        return new BridgeDelivery(packet, _source.Outbox.Prove(index, Source.Certify(header)), Target.Acks(packet.Payload));
    }

    private string? Deliver(AuxiliaryPacket packet, long height = 1, long time = Now, long? headerHeight = null) =>
        _target.Apply(Proof(packet, Header(headerHeight)), height, time, _events);

    private string? Vote(int seat, bool accept)
    {
        long sequence = _target.Channels[0].NextSequence - 1;
        return _target.Apply($"hospital-{seat}", new GateVote(Source.Id, sequence, accept), _events);
    }
}
