using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Tests.Ledger.Rounds;

/// <summary>A learning chain with keys of all its members, so that a test can be any of them, proposer and quorum included.</summary>
internal sealed class TestChain
{
    public const long GenesisTime = 1_700_000_000_000;
    public const int BlockMs = 1000;

    public static readonly ModelLayout Layout = new(
    [
        new TensorLayout("conv1", [8, 1, 3, 3], ParameterRole.Backbone, 20),
        new TensorLayout("norm1", [8], ParameterRole.Norm, 18),
        new TensorLayout("conv2", [4, 8, 3, 3], ParameterRole.Backbone, 22),
        new TensorLayout("head", [5, 4], ParameterRole.Head, 20),
    ]);

    public static readonly RoundPolicy Policy = new(
        Rounds: 3, Quorum: 3, DeadlineBlocks: 5, LocalSteps: 10, BatchSize: 32, LearningRatePpm: 1000, WeightDecayPpm: 10_000,
        DensityPpm: 100_000, MaxNorm: 10 * RoundPolicy.One, ServerMomentumQ16: RoundPolicy.One / 2, ServerRateQ16: RoundPolicy.One,
        BridgeEvery: 0, BridgeGrants: [], BlendQ16: RoundPolicy.One / 4);

    public static readonly TaskDescriptor Task = new("DX", "CHEST", 64, 64, ["normal", "opacity"], "residual-cnn-small");

    private static readonly Ed25519Verifier SharedVerifier = new();

    public TestChain(
        string name = "chest", int members = 4, RoundPolicy? policy = null, IReadOnlyList<TrustedChain>? trusted = null, int keySet = 0,
        long lifetimeMs = 1_000_000, ModelLayout? layout = null, TaskDescriptor? task = null, int version = Genesis.CurrentVersion)
    {
        Signers = [.. Enumerable.Range(0, members).Select(i => Signer((keySet * 64) + i))];
        Members = new MemberSet([.. Signers.Select((s, i) => new Member($"hospital-{i}", s.PublicKey))]);
        InitialModel = FixedPointModel.FromFloats(
            layout ?? Layout, [.. Enumerable.Range(0, (layout ?? Layout).Length).Select(i => MathF.Sin(i + keySet))]);
        Learning = new LearningGenesis(
            task ?? Task, layout ?? Layout, policy ?? Policy, InitialModel.Digest, trusted ?? [], lifetimeMs);
        Genesis = new Genesis(
            version, name, GenesisTime, Members, ConsensusParameters.Default, Canonical.Encode(Learning));
        Factories = [.. Signers.Select((s, i) => new TransactionFactory(Genesis.ChainId, Members[i].Id, s))];
    }

    public static ISignatureVerifier Verifier => SharedVerifier;

    public Ed25519Signer[] Signers { get; }

    public MemberSet Members { get; }

    public FixedPointModel InitialModel { get; }

    public LearningGenesis Learning { get; }

    public Genesis Genesis { get; }

    public TransactionFactory[] Factories { get; }

    public Digest Id => Genesis.ChainId;

    public static Ed25519Signer Signer(int number)
    {
        var seed = new byte[Ed25519Signer.SeedSize];
        seed[0] = (byte)number;
        seed[1] = (byte)(number >> 8);
        return Ed25519Signer.FromSeed(seed);
    }

    public static Digest Named(string text) => Digest.Of(System.Text.Encoding.UTF8.GetBytes(text));

    public LearningApplication Start() => LearningApplication.Create(Genesis, Verifier);

    public TrustedChain Trust(long periodMs = 100_000_000) => new(Id, Genesis.Name, Members, 0, periodMs);

    public StoreAck[] Acks(Digest payload, int count = 3) =>
        [.. Enumerable.Range(0, count).Select(i => StoreAck.Create(Id, payload, Members[i].Id, Signers[i]))];

    public Contribution Contribute(LearningApplication application, Digest payload) =>
        new(application.View.Round.Round, application.View.Round.Base, payload, 100, Acks(payload));

    /// <summary>The next block over the application's state, as an honest proposer makes it.</summary>
    public Block NextBlock(LearningApplication application, params Transaction[] transactions) =>
        NextBlock(application, GenesisTime + ((application.Height + 1) * BlockMs), transactions);

    public Block NextBlock(LearningApplication application, long time, params Transaction[] transactions) => new(
        new BlockHeader(
            application.Rules.Version, Id, application.Rules.Epoch, application.Height + 1, time, Digest.Zero, Block.RootOf(transactions),
            application.OutboxRoot, application.StateRoot, MerkleTree.Root([]), application.Rules.Members.Hash,
            application.Rules.NextMembers.Hash, Genesis.Parameters.Hash, 0),
        transactions, []);

    public BlockOutcome Apply(LearningApplication application, params Transaction[] transactions) =>
        application.Apply(NextBlock(application, transactions));

    /// <summary>Precommits of the first <paramref name="signers"/> members for any header, honest or not.</summary>
    public CertifiedHeader Certify(BlockHeader header, int signers = 3) =>
        new(header, new QuorumCertificate(
            StatementType.Precommit, header.Epoch, header.Height, 0, header.Id, (1UL << signers) - 1,
            [.. Enumerable.Range(0, signers).Select(i =>
                Signers[i].Sign(SignedStatement.Bytes(StatementType.Precommit, header.ChainId, header.Epoch, header.Height, 0, header.Id)))]));

    /// <summary>A small update with the given seed, relative to the open round.</summary>
    public SparseUpdate Update(long round, Digest baseModel, int seed, float scale = 0.01f)
    {
        var random = new Random(seed);
        var layout = Learning.Layout;
        int count = UpdateChecks.MaxSelected(layout, Learning.Policy, round);
        int[] positions = [.. Enumerable.Range(0, layout.SparseLength).OrderBy(_ => random.Next()).Take(count).Order()];
        float[] dense = [.. Enumerable.Range(0, layout.DenseLength).Select(_ => scale * (random.NextSingle() - 0.5f))];
        float[] selected = [.. positions.Select(_ => scale * (random.NextSingle() - 0.5f))];
        var salt = new byte[SparseUpdate.SaltSize];
        random.NextBytes(salt);
        return UpdateEncoder.Encode(layout, round, baseModel, dense, positions, selected, random, salt);
    }
}
