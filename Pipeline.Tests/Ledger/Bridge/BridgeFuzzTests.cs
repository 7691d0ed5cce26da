using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Bridge;

/// <summary>
/// A relay that is the enemy: forged and mixed-epoch certificates, detached headers, replay, gaps, skipped epochs, damaged proofs and bytes, expired
/// clients, forks. Whatever it says is refused with a reason and changes nothing, or is consumed as what the source chain really said.
/// </summary>
public sealed class BridgeFuzzTests
{
    private const int Epochs = 4;
    private const int Packets = 12;
    private const int Attempts = 6000;
    private const long Now = TestChain.GenesisTime + 60_000;
    private const long TrustPeriod = 1_000_000;
    private const int Patience = 1;

    private static readonly TestChain Target = new("chest");
    private static readonly Digest SourceId = TestChain.Named("the source chain");
    private static readonly Digest Layout = BackbonePayload.LayoutDigest(TestChain.Layout);
    private static readonly long Bytes = BackbonePayload.BytesFor(TestChain.Layout);

    // Members of epoch e have keys 100 + 10·e …; every epoch's are wholly other ones.
    private static readonly Ed25519Signer[][] Keys =
        [.. Enumerable.Range(0, Epochs).Select(e => Enumerable.Range(0, 4).Select(i => TestChain.Signer(100 + (10 * e) + i)).ToArray())];

    private static readonly MemberSet[] Members =
        [.. Keys.Select(keys => new MemberSet([.. keys.Select((k, i) => new Member($"skull-{i}", k.PublicKey))]))];

    private readonly Outbox _outbox = Outbox.Empty;
    private readonly List<AuxiliaryPacket> _packets = [];
    private readonly EpochChange[] _changes;
    private readonly HashSet<string> _said = [];
    private readonly Random _random;
    private readonly int _seed;

    public BridgeFuzzTests()
    {
        _seed = Environment.TickCount;
        _random = new Random(_seed);
        for (int n = 1; n <= Packets; n++)
        {
            // Every third can never be offered: it expired.
            var packet = new AuxiliaryPacket(
                SourceId, "skull", "chest", n, TestChain.Task.Hash, TestChain.Task.Architecture, Layout, TestChain.Named($"model {n}"),
                TestChain.Named($"backbone {n}"), Bytes, 4, n, n * 10, 800_000, AuxiliaryPacket.AuxiliaryTraining, n % 3 == 0 ? Now - 1 : Now + 10_000)
            { UpdateNorm = n % 2 == 0 ? 65_536 : null };
            _packets.Add(packet);
            _outbox = _outbox.Add(n * 10, packet);
            _said.Add(Convert.ToHexString(Canonical.Encode(packet)));
        }

        _changes = [.. Enumerable.Range(0, Epochs - 1).Select(e => new EpochChange(
            Certify(e, Header(e, 200 + (100 * e), Members[e + 1])), Members[e + 1]))];
    }

    [Fact]
    public void Whatever_a_relay_says_is_refused_with_a_reason_or_is_what_the_source_said()
    {
        int refused = 0, offered = 0, consumed = 0;
        var reasons = new HashSet<string>();
        var machine = Machine();
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (machine.Channels[0].NextSequence > Packets || machine.Channels[0].Client.Frozen)
                machine = Machine();
            var channel = machine.Channels[0];
            long time = Now;
            var delivery = Mutate(Honest(channel), channel, ref time, out string how);
            if (delivery is null)
                continue;
            byte[] before = Canonical.Encode(machine.Snapshot(ProtocolVersion.Newest));
            var events = new List<IChainEvent>();
            string? refusal = machine.Apply(delivery, 1 + attempt, time, events);
            string what = $"seed {_seed}, attempt {attempt}, {how}: {refusal}";
            if (refusal is not null)
            {
                Assert.True(refusal.Length > 10, what);
                Assert.True(before.AsSpan().SequenceEqual(Canonical.Encode(machine.Snapshot(ProtocolVersion.Newest))), what);
                Assert.True(events.Count == 0, what);
                reasons.Add(how);
                refused++;
                continue;
            }

            if (machine.Channels[0].Client.Frozen)
            {
                Assert.True(how == "fork", what);
                continue;
            }

            // In sequence, really said, answered in the outbox.
            Assert.True(_said.Contains(Convert.ToHexString(Canonical.Encode(delivery.Packet))), what);
            Assert.True(delivery.Packet.Sequence == channel.NextSequence && machine.Channels[0].NextSequence == channel.NextSequence + 1, what);
            var ack = Outbox.AckIn(machine.Outbox.Leaves[^1])!;
            Assert.True(ack.SourceChain == SourceId && ack.Sequence == delivery.Packet.Sequence, what);
            Assert.True((ack.Error == PacketError.None) == events.Exists(e => e is AuxiliaryOffered), what);
            Assert.True((ack.Error == PacketError.Expired) == (delivery.Packet.Sequence % 3 == 0), what);
            _ = ack.Error == PacketError.None ? offered++ : consumed++;
        }

        Assert.True(refused > Attempts / 2 && offered > 50 && consumed > 20, $"seed {_seed}: {refused} refused, {offered} offered, {consumed} consumed");
        string[] ways =
        [
            "replay", "gap", "signature", "too few", "other epoch's members", "epoch renamed", "detached header", "epoch skipped", "epochs turned",
            "other next members", "packet", "leaf", "path", "bytes", "expired client", "no acks",
        ];
        Assert.True(ways.All(reasons.Contains), $"seed {_seed}: never refused: {string.Join(", ", ways.Except(reasons))}");
    }

    [Fact]
    public void Two_certificates_of_one_height_freeze_and_nothing_else_does()
    {
        for (int attempt = 0; attempt < 1000; attempt++)
        {
            var machine = Machine();
            var header = Header(0, 150, Members[0]);
            var pair = new[] { Certify(0, header), Certify(0, header with { StateRoot = TestChain.Named($"fork {attempt}") }) };
            Array.Sort(pair, (a, b) => a.Header.Id.CompareTo(b.Header.Id));
            var (first, second) = (pair[0], pair[1]);
            int how = _random.Next(8);
            var proof = how switch
            {
                0 => new ForkProof(second, first),
                1 => new ForkProof(first, first),
                2 => new ForkProof(first, Certify(0, second.Header with { Height = 151 })),
                3 => new ForkProof(first, Certify(1, second.Header)),
                4 => new ForkProof(first, second with { Header = second.Header with { Time = second.Header.Time + 1 } }),
                5 => new ForkProof(first, Damage(second)),
                6 => new ForkProof(first, Certify(0, second.Header, 2)),
                _ => new ForkProof(first, second),
            };
            string? refusal = machine.Apply(proof, Now, []);
            Assert.True(refusal is null == how > 6, $"seed {_seed}, attempt {attempt}, way {how}: {refusal}");
            Assert.Equal(refusal is null, machine.Channels[0].Client.Frozen);
        }
    }

    [Fact]
    public void News_and_acks_are_believed_by_the_same_rules()
    {
        var machine = Machine();
        machine.Apply(new TrustedChain(TestChain.Named("other"), "other", Target.Members, 0, 10), Now, []);
        var honest = new ClientUpdate([.. _changes], Certify(3, Header(3, 600, Members[3])));
        for (int attempt = 0; attempt < 500; attempt++)
        {
            byte[] bytes = Canonical.Encode(honest);
            bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
            if (Canonical.TryDecode<ClientUpdate>(bytes, out var damaged, out _))
                Assert.True(machine.Apply(damaged, Now, []) is { Length: > 10 }, $"seed {_seed}, attempt {attempt}");
        }

        Assert.Contains("epoch", machine.Check(honest with { Epochs = [.. _changes.Skip(1)] }, Now));
        Assert.Contains("expired", machine.Check(honest, TestChain.GenesisTime + TrustPeriod + 1));
        Assert.Null(machine.Apply(honest, Now, []));
        Assert.Equal((3L, 600L), (machine.Channels[0].Client.Epoch, machine.Channels[0].Client.Height));
        Assert.Contains("epoch 0", machine.Check(honest, Now));
        Assert.Contains("no news", machine.Check(honest with { Epochs = [] }, Now));
        var ack = new PacketAck(Target.Id, 1, PacketError.None);
        var answered = Outbox.Empty.Add(1, ack);
        var header = Certify(3, Header(3, 700, Members[3]) with { OutboxRoot = answered.Root });
        Assert.Contains("never sent", machine.Check(new AckDelivery(ack, answered.Prove(0, header)), Now));
        Assert.Contains("not of this one", machine.Check(new AckDelivery(ack with { SourceChain = SourceId }, answered.Prove(0, header)), Now));
        machine.Emit(_packets[0] with { SourceChain = Target.Id, Destination = "skull" }, 1, []);
        Assert.Contains("leaves a gap", machine.Check(new AckDelivery(ack with { Sequence = 2 }, answered.Prove(0, header)), Now));
        Assert.Contains("not leaf", machine.Check(new AckDelivery(ack with { Error = PacketError.Busy }, answered.Prove(0, header)), Now));
        var events = new List<IChainEvent>();
        Assert.Null(machine.Apply(new AckDelivery(ack, answered.Prove(0, header)), Now, events));
        Assert.Equal(new PacketAcknowledged("skull", 1, PacketError.None), Assert.Single(events));
    }

    [Fact]
    public void Limits_consume_what_exceeds_them_and_the_kill_switch_lets_wait()
    {
        var machine = Machine();
        machine.Apply(new BridgeLimits(1000, 1, 1 << 30, 65_536));
        Assert.Equal(PacketError.UpdateNorm, Deliver(machine, 1, Now));
        Assert.Equal(PacketError.None, Deliver(machine, 2, Now));
        Assert.Equal(PacketError.Expired, Deliver(machine, 3, Now));
        Assert.Equal(PacketError.Limit, Deliver(machine, 4, Now + 999));
        machine.Suspend([]);
        Assert.Empty(machine.LiveGrants(Now));
        Assert.Contains("suspended", machine.Check(Honest(machine.Channels[0]), 100, Now));
        machine.Resume();
        Assert.Equal(PacketError.UpdateNorm, Deliver(machine, 5, Now + 1000));
        // Expired by now, or the window that began with packet 2 would be over and packet 8 fit in.
        Assert.Equal(PacketError.Expired, Deliver(machine, 6, Now + 1000));
        machine.Apply(new BridgeLimits(1000, 10, Bytes, 65_536));
        Assert.Equal(PacketError.UpdateNorm, Deliver(machine, 7, Now + 1001));
        Assert.Equal(PacketError.None, Deliver(machine, 8, Now + 1002));
        Assert.Equal(PacketError.Expired, Deliver(machine, 9, Now + 1003));
        Assert.Equal(PacketError.Limit, Deliver(machine, 10, Now + 1004));
        machine.Apply(new BridgeLimits(1000, 10, 10 * Bytes, 65_536, MaxSpentMicro: 2_000_000));
        Assert.Equal(PacketError.UpdateNorm, Deliver(machine, 11, Now + 1005));
        Assert.Equal(PacketError.Expired, Deliver(machine, 12, Now + 1005));
    }

    [Theory]
    [InlineData(0, PacketError.Privacy)]
    [InlineData(2_000_000, PacketError.None)]
    [InlineData(2_000_001, PacketError.Privacy)]
    public void Who_asks_for_privacy_takes_no_backbone_that_cost_more(long spent, PacketError error)
    {
        var machine = Machine();
        machine.Apply(new BridgeLimits(1000, 10, 10 * Bytes, 65_536, MaxSpentMicro: 2_000_000));
        var packet = _packets[0] with { UpdateNorm = 65_536, SpentMicro = spent };
        var outbox = Outbox.Empty.Add(10, packet);
        var header = Certify(0, Header(0, 150, Members[0]) with { OutboxRoot = outbox.Root });
        Assert.Null(machine.Apply(new BridgeDelivery(packet, outbox.Prove(0, header), Target.Acks(packet.Payload)), 1, Now, []));
        Assert.Equal(error, Outbox.AckIn(machine.Outbox.Leaves[^1])!.Error);
    }

    private PacketError Deliver(BridgeMachine machine, int sequence, long time)
    {
        Assert.Equal(sequence, machine.Channels[0].NextSequence);
        Assert.Null(machine.Apply(Honest(machine.Channels[0]), 10 * sequence, time, []));
        return Outbox.AckIn(machine.Outbox.Leaves[^1])!.Error;
    }

    private static BridgeMachine Machine() => new(
        new BridgeTerms(
            Target.Id, "chest", Target.Members, TestChain.GenesisTime, TestChain.Task.Architecture, Layout, Bytes, Patience,
            [new TrustedChain(SourceId, "skull", Members[0], 0, TrustPeriod)])
        {
            Grants = [BridgeGrant.Unlimited("skull")],
        },
        TestChain.Verifier);

    /// <summary>The next packet, under a header of the client's epoch or of a later one, with the epochs between.</summary>
    private BridgeDelivery Honest(BridgeChannel channel)
    {
        int epoch = (int)channel.Client.Epoch, target = _random.Next(4) == 0 ? _random.Next(epoch, Epochs) : epoch;
        long sequence = Math.Min(channel.NextSequence, Packets);
        var packet = _packets[(int)sequence - 1];
        var proof = _outbox.Prove((int)sequence - 1, Certify(target, HeaderOf(target)), [.. _changes[epoch..target]]);
        return new BridgeDelivery(packet, proof, Target.Acks(packet.Payload));
    }

    private BridgeDelivery? Mutate(BridgeDelivery honest, BridgeChannel channel, ref long time, out string how)
    {
        int epoch = (int)honest.Proof.Header.Header.Epoch;
        var header = honest.Proof.Header.Header;
        BridgeDelivery Under(CertifiedHeader other) => honest with { Proof = honest.Proof with { Header = other } };
        BridgeDelivery With(IReadOnlyList<EpochChange> epochs) => honest with { Proof = honest.Proof with { Epochs = epochs } };
        BridgeDelivery At(int sequence) => new(_packets[sequence - 1], _outbox.Prove(sequence - 1, honest.Proof.Header, honest.Proof.Epochs), Target.Acks(_packets[sequence - 1].Payload));
        switch (_random.Next(19))
        {
            case 0:
                how = "nothing";
                return honest;
            case 1 when channel.NextSequence > 1:
                how = "replay";
                return At(_random.Next(1, (int)channel.NextSequence));
            case 2 when channel.NextSequence < Packets:
                how = "gap";
                return At(_random.Next((int)channel.NextSequence + 1, Packets + 1));
            case 3:
                how = "signature";
                return Under(Damage(honest.Proof.Header));
            case 4:
                how = "too few";
                return Under(Certify(epoch, header, _random.Next(3)));
            case 5:
                how = "other epoch's members";
                return Under(Certify(header, Keys[(epoch + 1 + _random.Next(Epochs - 1)) % Epochs]));
            case 6:
                // Signatures of two epochs in one certificate.
                how = "other epoch's members";
                var mixed = Keys[epoch].ToArray();
                mixed[_random.Next(3)] = Keys[(epoch + 1) % Epochs][_random.Next(4)];
                return Under(Certify(header, mixed));
            case 7:
                how = "epoch renamed";
                int renamed = (epoch + 1) % Epochs;
                return Under(Certify(header with { Epoch = renamed, MembersHash = Members[renamed].Hash, NextMembersHash = Members[renamed].Hash }, Keys[epoch]));
            case 8:
                how = "detached header";
                return Under(honest.Proof.Header with { Header = header with { OutboxRoot = TestChain.Named("other"), Time = header.Time + _random.Next(2) } });
            case 9 when honest.Proof.Epochs.Count > 0:
                how = "epoch skipped";
                return With([.. honest.Proof.Epochs.Skip(1)]);
            case 10 when honest.Proof.Epochs.Count > 1:
                how = "epochs turned";
                return With([.. honest.Proof.Epochs.Reverse()]);
            case 11 when honest.Proof.Epochs.Count > 0:
                how = "other next members";
                return With([honest.Proof.Epochs[0] with { Next = Target.Members }, .. honest.Proof.Epochs.Skip(1)]);
            case 12:
                how = "packet";
                var lie = honest.Packet with { Model = TestChain.Named("poisoned"), Payload = TestChain.Named("poison") };
                return honest with { Packet = lie, Acks = Target.Acks(lie.Payload) };
            case 13:
                how = "leaf";
                return honest with { Proof = honest.Proof with { LeafIndex = (honest.Proof.LeafIndex + 1 + _random.Next(Packets - 1)) % Packets } };
            case 14:
                how = "path";
                var path = honest.Proof.Path.ToArray();
                path[_random.Next(path.Length)] = TestChain.Named("other");
                return honest with { Proof = honest.Proof with { Path = path } };
            case 15:
                how = "bytes";
                byte[] bytes = Canonical.Encode(honest);
                bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
                return Canonical.TryDecode<BridgeDelivery>(bytes, out var damaged, out _) ? damaged : null;
            case 16:
                how = "expired client";
                time = channel.Client.TrustTime + TrustPeriod + 1;
                return honest;
            case 17:
                how = "no acks";
                return honest with { Acks = [.. honest.Acks.Take(_random.Next(3))] };
            case 18 when channel.Client.Height > 0 && channel.Client.Epoch == epoch && _random.Next(20) == 0:
                how = "fork";
                var fork = header with { Height = channel.Client.Height, StateRoot = TestChain.Named("fork"), OutboxRoot = _outbox.Root };
                return Under(Certify(epoch, fork));
            default:
                how = "nothing";
                return honest;
        }
    }

    private BlockHeader HeaderOf(int epoch) => Header(epoch, 150 + (100 * epoch), Members[epoch]);

    private BlockHeader Header(int epoch, long height, MemberSet next) => new(
        ProtocolVersion.Newest, SourceId, epoch, height, Now - 1000, Digest.Zero, Digest.Zero, _outbox.Root, Digest.Zero, Digest.Zero, Members[epoch].Hash,
        next.Hash, Digest.Zero, 0);

    private static CertifiedHeader Certify(int epoch, BlockHeader header, int signers = 3) => Certify(header, Keys[epoch], signers);

    private static CertifiedHeader Certify(BlockHeader header, Ed25519Signer[] keys, int signers = 3) =>
        new(header, new QuorumCertificate(
            StatementType.Precommit, header.Epoch, header.Height, 0, header.Id, (1UL << signers) - 1,
            [.. keys.Take(signers).Select(k => k.Sign(
                SignedStatement.Bytes(StatementType.Precommit, header.ChainId, header.Epoch, header.Height, 0, header.Id)))]));

    private CertifiedHeader Damage(CertifiedHeader certified)
    {
        byte[][] signatures = [.. certified.Certificate.Signatures.Select(s => (byte[])[.. s])];
        signatures[_random.Next(signatures.Length)][_random.Next(64)] ^= (byte)(1 << _random.Next(8));
        return certified with { Certificate = certified.Certificate with { Signatures = signatures } };
    }
}
