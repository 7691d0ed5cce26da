using CsCheck;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Application;

/// <summary>The bytes of every wire type of a learning chain: a change here is a change of the protocol.</summary>
public sealed class LearningWireTests
{
    // The first version's bytes, which no later one changes.
    private static readonly TestChain Chain = new(version: 1);

    [Fact]
    public void Metrics_bytes() => Golden(new Metrics(3, 912_345, 7), "83031a000debd907");

    [Fact]
    public void Attestation_bytes() => Golden(
        new Attestation(2, Filled(0xaa), Filled(0xbb)), $"83025820{new string('a', 64)}5820{new string('b', 64)}");

    [Fact]
    public void Gate_vote_bytes() => Golden(new GateVote(Filled(0xcc), 9, true), $"835820{new string('c', 64)}09f5");

    [Fact]
    public void Governance_vote_bytes()
    {
        Golden(new GovernanceVote(1, new GovernanceAction.Pause()), "82018101");
        Golden(new GovernanceVote(2, new GovernanceAction.Resume()), "82028102");
        Golden(new GovernanceVote(3, new GovernanceAction.Stop()), "82038103");
        Golden(new GovernanceVote(4, new GovernanceAction.Readmit("a")), "820482056161");
        Golden(new GovernanceVote(9, new GovernanceAction.Restart(2, Filled(0xaa), 5)), $"82098404025820{new string('a', 64)}05");
    }

    [Fact]
    public void Bytes_of_votes_on_members_policy_and_version()
    {
        var possession = new KeyPossession(new Member("a", new MemberPublicKey(Filled(0x11))), 16, Filled(0x22), new byte[64]);
        string written = $"8482616182015820{new string('1', 64)}105820{new string('2', 64)}5840{new string('0', 128)}";
        Golden(new GovernanceVote(1, new GovernanceAction.Upgrade(2, 300)), "820183060219012c");
        Golden(new GovernanceVote(1, new GovernanceAction.Join(possession)), $"82018207{written}");
        Golden(new GovernanceVote(1, new GovernanceAction.Leave("a")), "820182086161");
        Golden(new GovernanceVote(1, new GovernanceAction.RotateKey(possession)), $"82018209{written}");
        Golden(new GovernanceVote(1, new GovernanceAction.Revoke("a")), "8201820a6161");
        Golden(new GovernanceVote(1, new GovernanceAction.ChangePolicy(new PolicyChange(3, 9, 0, EquivocationPolicy.Exclude))), "8201820b8403090001");
        Golden(new Withdrawal(5, true), "8205f5");
        Golden(new TrialVote(5, 4), "820504");
        Golden(new TrialGain("a", -2), "82616121");
        Golden(new TrialPolicy(10, 250_000, 80_000), "830a1a0003d0901a00013880");
        Golden(
            new TrialSnapshot(0, 2, new Trial(1, new AuxiliaryBlend(Filled(0x11), 5), Filled(0x22), Filled(0x33), [new FinalRound(1, Filled(0x33))], [new TrialGain("a", 3)])),
            $"830002818601825820{new string('1', 64)}055820{new string('2', 64)}5820{new string('3', 64)}8182015820{new string('3', 64)}8182616103");
    }

    [Fact]
    public void Bytes_of_votes_on_the_bridge()
    {
        Golden(new GovernanceVote(1, new GovernanceAction.Grant(new BridgeGrant("a", 1, 5))), "8201820c8361610105");
        Golden(new GovernanceVote(1, new GovernanceAction.EndGrant("a")), "8201820d6161");
        Golden(new GovernanceVote(1, new GovernanceAction.Freeze(Filled(0xaa))), $"8201820f5820{new string('a', 64)}");
        Golden(new GovernanceVote(1, new GovernanceAction.Unfreeze(Filled(0xaa))), $"820182105820{new string('a', 64)}");
        Golden(new GovernanceVote(1, new GovernanceAction.LimitBridge(new BridgeLimits(10, 2, 100, 7, 9))), "82018211850a0218640709");
        Golden(new GovernanceVote(1, new GovernanceAction.SuspendBridge()), "82018112");
        Golden(new GovernanceVote(1, new GovernanceAction.ResumeBridge()), "82018113");
    }

    [Fact]
    public void Trust_digest() => GoldenDigest(
        new GovernanceVote(1, new GovernanceAction.Trust(Chain.Trust())), "4227bfc75c6c502421189fe2bd656e1e14cbc11943d41b04437e6191d77710d5");

    [Fact]
    public void Ack_delivery_digest() => GoldenDigest(
        new AckDelivery(new PacketAck(Filled(9), 4, PacketError.None), Delivery().Proof), "208628f7364e7499b74c64b26aaa8c015f1ba94cc5340b380e6ea20db4c8f30b");

    [Fact]
    public void Client_update_digest() => GoldenDigest(
        new ClientUpdate([new EpochChange(Header(1), Chain.Members)], Header(2)), "d3fe9eb98fba83a6e354f721e1ff52913ade15beaddde459e0e008c2089f30c8");

    [Fact]
    public void Packet_with_a_norm_digest() => GoldenDigest(Packet() with { UpdateNorm = 655_360 }, "8e17d1a367911d91b7e9bfbf9443075bc4cc1e8dab469edcbbcee214b278272c");

    [Fact]
    public void State_root_of_a_genesis_of_the_second_version() => Same("dee9f9e75e5800c852ad8936d8425474441efc837eba5f78c32af2e5e7e95154", new TestChain(version: 2).Start().StateRoot);

    [Fact]
    public void Packet_ack_bytes() => Golden(
        new PacketAck(Filled(0xdd), 4, PacketError.Architecture), $"835820{new string('d', 64)}0404");

    [Fact]
    public void Backbone_bytes() => Golden(
        new BackbonePayload([new TensorLayout("c", [1, 2], ParameterRole.Backbone, 20)], [1, -2]),
        "83018184616382010200144801000000feffffff");

    [Fact]
    public void Contribution_bytes() => Golden(
        new Contribution(1, Filled(0x11), Filled(0x22), 77, [new StoreAck(Filled(0x22), "a", new byte[64])]),
        $"85015820{new string('1', 64)}5820{new string('2', 64)}184d81835820{new string('2', 64)}61615840{new string('0', 128)}");

    [Fact]
    public void Sparse_update_bytes() => Golden(
        new SparseUpdate(1, Filled(0x11), new byte[16], [7], [1, -1, 127, -128], 3, 2, [0x80]),
        $"8901015820{new string('1', 64)}50{new string('0', 32)}41074401ff7f8003024180");

    [Fact]
    public void Packet_digest() => GoldenDigest(
        Packet(), "cea5bfc423175468bc77fad3f75a7d034de8e5c657335748100285a7401b40bd");

    [Fact]
    public void Outbox_leaf_digest() => Same(
        "793f32da9786eae3fffcef4749d0f05b45beaa152b8d71f061f8ce63eb99158e", Digest.Of(Outbox.LeafOf(Packet())));

    [Fact]
    public void Trusted_chain_digest() => GoldenDigest(
        Chain.Trust(), "9068b04e0bbb37f00eeb3a9c055b04badcb617ccdaf6c7467e5e78ad36c69f89");

    [Fact]
    public void Learning_genesis_digest() =>
        GoldenDigest(
            new TestChain(version: 1, trusted: [new TestChain("skull", keySet: 1, version: 1).Trust()]).Learning,
            "bb5c989e193c1ce0a3f13bd72a02aa556030510237a9dd4d091594ae62ddc5f1");

    [Fact]
    public void Bridge_delivery_digest() => GoldenDigest(
        Delivery(), "b48e8664a4f4787dfe32b4798e39aa3d28a8c842b908c15773f29ccb5efd6c41");

    [Fact]
    public void Fork_proof_digest() => GoldenDigest(
        new ForkProof(Header(1), Header(2)), "8c1e17eb0a5c5477811210a1a7d09e16684854f1a642f247e8bf8c8e5260fdc4");

    [Fact]
    public void Epoch_change_digest() => GoldenDigest(
        new EpochChange(Header(1), Chain.Members), "dccbc39b3f203803428de860f5ce10a2c57a7562524748b5145d098e4a651fb3");

    [Fact]
    public void State_root_of_the_genesis() => Same(
        "bce69d69d2898ea5bb1e10ce7ab4fef3a4961c1c4dae5167d8b15395a14542e0", Chain.Start().StateRoot);

    [Fact]
    public void A_genesis_that_trusts_a_chain_twice_is_refused()
    {
        var twice = Chain.Learning with { TrustedChains = [Chain.Trust(), Chain.Trust()] };
        Assert.False(Canonical.TryDecode<LearningGenesis>(Canonical.Encode(twice), out _, out string? error));
        Assert.Contains("twice", error);
    }

    [Fact]
    public void A_genesis_whose_class_weights_are_not_one_a_class_is_refused()
    {
        LearningGenesis With(params int[] weights) => Chain.Learning with { Policy = TestChain.Policy with { Update = new UpdatePolicy(ClassWeights: new ClassWeights(weights)) } };
        int[] even = [.. Enumerable.Repeat(1_000_000, Chain.Learning.Task.Classes.Count)];
        Assert.True(Canonical.TryDecode<LearningGenesis>(Canonical.Encode(With(even)), out _, out _));
        Assert.False(Canonical.TryDecode<LearningGenesis>(Canonical.Encode(With([.. even, 1])), out _, out string? error));
        Assert.Contains("class weights", error);
    }

    [Fact]
    public void A_genesis_whose_trials_could_never_begin_is_refused()
    {
        LearningGenesis With(TrialPolicy trial) => Chain.Learning with { Policy = TestChain.Policy with { Rounds = 20, Trial = trial } };
        Assert.True(Canonical.TryDecode<LearningGenesis>(Canonical.Encode(With(new TrialPolicy(5, 500_000, 80_000))), out _, out _));
        Assert.False(Canonical.TryDecode<LearningGenesis>(Canonical.Encode(With(new TrialPolicy(5, 400_000, 80_000))), out _, out string? error));
        Assert.Contains("trial-rounds: a trial takes 10 rounds", error);
    }

    [Fact]
    public void Bytes_that_follow_and_other_versions_are_refused()
    {
        byte[] bytes = Canonical.Encode(Packet());
        Assert.False(Canonical.TryDecode<AuxiliaryPacket>((byte[])[.. bytes, 0], out _, out _));
        bytes[1] = 2;
        Assert.False(Canonical.TryDecode<AuxiliaryPacket>(bytes, out _, out _));
    }

    [Fact]
    public void Altered_bytes_of_any_wire_type_decode_to_their_own_value_or_to_an_error_and_never_throw()
    {
        Alter(Chain.Learning);
        Alter(Chain.Trust());
        Alter(Packet());
        Alter(Delivery());
        Alter(new ForkProof(Header(1), Header(2)));
        Alter(new EpochChange(Header(1), Chain.Members));
        Alter(new GateVote(Filled(1), 2, true));
        Alter(new PacketAck(Filled(1), 2, PacketError.Busy));
        Alter(new Contribution(1, Filled(1), Filled(2), 9, Chain.Acks(Filled(2))));
        Alter(new Attestation(1, Filled(1), Filled(2)));
        Alter(Packet() with { UpdateNorm = 655_360 });
        Alter(new AckDelivery(new PacketAck(Filled(9), 4, PacketError.None), Delivery().Proof));
        Alter(new ClientUpdate([new EpochChange(Header(1), Chain.Members)], Header(2)));
        Alter(new GovernanceVote(1, new GovernanceAction.Join(KeyPossession.Create(Chain.Id, "a", 16, Filled(3), Chain.Signers[0]))));
        Alter(new GovernanceVote(1, new GovernanceAction.Trust(Chain.Trust())));
        Alter(new GovernanceVote(1, new GovernanceAction.LimitBridge(new BridgeLimits(10, 2, 100, 7))));
        Alter(new Metrics(1, 2, 3));
        Alter(new TrialVote(3, -4));
        Alter(new TrialSnapshot(0, 2, new Trial(1, new AuxiliaryBlend(Filled(1), 5), Filled(2), Filled(3), [new FinalRound(1, Filled(3))], [new TrialGain("hospital-0", 2)])));
        Alter(Chain.Update(1, Filled(1), 3));
        Alter(BackbonePayload.FromModel(Chain.InitialModel));
    }

    private static void Alter<T>(T value) where T : ICanonical<T>
    {
        byte[] bytes = Canonical.Encode(value);
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte, Gen.Int[0, 3]).Sample(
            (at, replacement, how) =>
            {
                byte[] altered = how == 0 ? bytes[..at] : [.. bytes[..at], replacement, .. bytes[(at + (how == 1 ? 0 : 1))..]];
                if (Canonical.TryDecode<T>(altered, out var decoded, out string? error))
                    Assert.Equal(altered, Canonical.Encode(decoded));
                else
                    Assert.NotEmpty(error);
            },
            iter: 500);
    }

    private static AuxiliaryPacket Packet() => new(
        Filled(1), "skull", "chest", 5, Filled(2), "residual-cnn-small", Filled(3), Filled(4), Filled(5), 1234, 4, 20, 99, 876_543,
        AuxiliaryPacket.AuxiliaryTraining, 1_700_000_000_000);

    private static CertifiedHeader Header(int state)
    {
        var block = Chain.NextBlock(Chain.Start());
        return Chain.Certify(block.Header with { StateRoot = Filled((byte)state) });
    }

    private static BridgeDelivery Delivery() => new(
        Packet(), new PacketProof([], Header(1), 2, 3, [Filled(6), Filled(7)]), Chain.Acks(Filled(5)));

    private static Digest Filled(byte value)
    {
        var bytes = new byte[Digest.Size];
        Array.Fill(bytes, value);
        return new Digest(bytes);
    }

    private static void Golden<T>(T value, string hex) where T : ICanonical<T>
    {
        byte[] bytes = Canonical.Encode(value);
        Assert.Equal(hex, Convert.ToHexStringLower(bytes));
        Assert.Equal(bytes, Canonical.Encode(Canonical.Decode<T>(bytes)));
    }

    private static void GoldenDigest<T>(T value, string sha256) where T : ICanonical<T>
    {
        byte[] bytes = Canonical.Encode(value);
        Assert.Equal(bytes, Canonical.Encode(Canonical.Decode<T>(bytes)));
        Same(sha256, Digest.Of(bytes));
    }

    private static void Same(string expected, Digest actual) => Assert.True(expected == actual.ToString(), $"the digest is {actual}");
}
