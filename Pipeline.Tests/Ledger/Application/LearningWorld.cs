using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Application;

/// <summary>A learning chain with a replica and a model at each member; every step asserts that all replicas agree.</summary>
internal sealed class LearningWorld
{
    private readonly List<BlockHeader> _headers = [];
    private RoundClosed? _closed;

    public LearningWorld(TestChain chain)
    {
        Chain = chain;
        Replicas = [.. chain.Signers.Select(_ => chain.Start())];
        Models = [.. chain.Signers.Select(_ => FixedPointModel.TryFromBytes(chain.Learning.Layout, chain.InitialModel.ToBytes(), out var _)!)];
    }

    public TestChain Chain { get; }

    public LearningApplication[] Replicas { get; }

    /// <summary>Each member's base of the current round.</summary>
    public FixedPointModel[] Models { get; }

    public Dictionary<Digest, byte[]> Payloads { get; } = [];

    public LearningApplication First => Replicas[0];

    public RoundInfo Round => First.View.Round;

    /// <summary>The newest header, whose roots are those before its block.</summary>
    public CertifiedHeader NewestHeader => Chain.Certify(_headers[^1]);

    /// <summary>Hears of every block.</summary>
    public Action<Block>? Applied { get; init; }

    public BlockOutcome Step(params Transaction[] transactions) => Step([], transactions);

    /// <param name="evidence">Canonical <see cref="Equivocation"/>s.</param>
    public BlockOutcome Step(byte[][] evidence, params Transaction[] transactions)
    {
        var block = Chain.NextBlock(First, transactions);
        block = new Block(block.Header with { EvidenceRoot = MerkleTree.Root(evidence) }, block.Transactions, evidence);
        _headers.Add(block.Header);
        Applied?.Invoke(block);
        var outcomes = Replicas.Select(r => r.Apply(Canonical.Decode<Block>(Canonical.Encode(block)))).ToArray();
        Assert.All(Replicas, r => Assert.Equal((First.StateRoot, First.OutboxRoot), (r.StateRoot, r.OutboxRoot)));
        Assert.All(outcomes, o => Assert.Equal(outcomes[0].Receipts, o.Receipts));
        return outcomes[0];
    }

    public BlockOutcome StepAccepted(params Transaction[] transactions)
    {
        var outcome = Step(transactions);
        Assert.All(outcome.Receipts, r => Assert.Null(r.Refusal));
        return outcome;
    }

    /// <summary>Every member trains (a seeded stand-in for a delta), contributes, aggregates and attests on its own.</summary>
    public BlockOutcome PlayRound()
    {
        CloseRound();
        return AttestRound();
    }

    /// <summary>Every member contributes to the open round.</summary>
    public void CloseRound()
    {
        var contributions = Chain.Factories.Select((factory, seat) =>
        {
            byte[] bytes = Canonical.Encode(Chain.Update(Round.Round, Models[seat].Digest, ((int)Round.Round * 100) + seat));
            var payload = Digest.Of(bytes);
            Payloads[payload] = bytes;
            return factory.Create(Chain.Contribute(First, payload));
        });
        _closed = Assert.IsType<RoundClosed>(Assert.Single(StepAccepted([.. contributions]).Events));
    }

    /// <summary>Every member aggregates the closed round on its own and attests it.</summary>
    public BlockOutcome AttestRound()
    {
        var attestations = Chain.Factories.Select((factory, seat) =>
        {
            var result = RoundAggregation.Aggregate(Models[seat], Chain.Learning.Policy, new MeanRule(), _closed!, Payloads);
            Assert.Empty(result.Excluded);
            Models[seat] = result.Model;
            Payloads[result.Backbone.Digest] = Canonical.Encode(result.Backbone);
            return factory.Create(new Attestation(result.Round, result.Model.Digest, result.Backbone.Digest));
        });
        return StepAccepted([.. attestations]);
    }

    /// <summary>A relay's delivery of a packet of this chain to <paramref name="target"/>, payload copied and acked there.</summary>
    public BridgeDelivery Relay(PacketEmitted emitted, LearningWorld target)
    {
        target.Payloads[emitted.Packet.Payload] = Payloads[emitted.Packet.Payload];
        return new BridgeDelivery(
            emitted.Packet, First.View.Outbox.Prove(emitted.LeafIndex, NewestHeader), target.Chain.Acks(emitted.Packet.Payload));
    }
}
