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
        Known[chain.InitialModel.Digest] = chain.InitialModel;
    }

    public TestChain Chain { get; }

    public LearningApplication[] Replicas { get; }

    /// <summary>Each member's base of the current round.</summary>
    public FixedPointModel[] Models { get; }

    /// <summary>Everything that members came to, by digest.</summary>
    public Dictionary<Digest, FixedPointModel> Known { get; } = [];

    public Dictionary<Digest, byte[]> Payloads { get; } = [];

    public LearningApplication First => Replicas[0];

    public RoundInfo Round => First.View.Round;

    /// <summary>The newest header, whose roots are those before its block.</summary>
    public CertifiedHeader NewestHeader => Chain.Certify(_headers[^1]);

    /// <summary>Every block, as a replica tells of it.</summary>
    public List<ChainProtocol.BlockApplied> History { get; } = [];

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
        History.Add(new ChainProtocol.BlockApplied(new CommittedBlock(block, Chain.Certify(block.Header).Certificate), outcomes[0], First.StateRoot));
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
            Models[seat] = Known[result.Model.Digest] = result.Model;
            Payloads[result.Backbone.Digest] = Canonical.Encode(result.Backbone);
            return factory.Create(new Attestation(result.Round, result.Model.Digest, result.Backbone.Digest));
        });
        return GoOn(StepAccepted([.. attestations]));
    }

    /// <summary>A round of the other chain ends, its packet comes here, and three members accept it.</summary>
    public AuxiliaryPacket Accept(LearningWorld source)
    {
        if (source.First.Height == 0)
            source.Step();
        var emitted = source.PlayRound().Events.OfType<PacketEmitted>().Single();
        source.Step();
        StepAccepted(Chain.Factories[2].Create(source.Relay(emitted, this)));
        var vote = new GateVote(emitted.Packet.SourceChain, emitted.Packet.Sequence, true);
        StepAccepted([.. Chain.Factories.Take(3).Select(member => member.Create(vote))]);
        return emitted.Packet;
    }

    /// <summary>What becomes of the trial that is judged when these members say so; without any, the first three.</summary>
    public BlockOutcome Judge(bool accept, params int[] seats) =>
        GoOn(StepAccepted([.. (seats.Length == 0 ? [0, 1, 2] : seats).Select(seat => Chain.Factories[seat].Create(new TrialVote(Round.Trial!.Began, accept ? 4 : -4)))]));

    /// <summary>In a trial the next round may be the other branch's.</summary>
    private BlockOutcome GoOn(BlockOutcome outcome)
    {
        if (Known.TryGetValue(Round.Base, out var next))
            Array.Fill(Models, next);
        return outcome;
    }

    /// <summary>A relay's delivery of a packet of this chain to <paramref name="target"/>, payload copied and acked there.</summary>
    public BridgeDelivery Relay(PacketEmitted emitted, LearningWorld target)
    {
        target.Payloads[emitted.Packet.Payload] = Payloads[emitted.Packet.Payload];
        return new BridgeDelivery(
            emitted.Packet, First.View.Outbox.Prove(emitted.LeafIndex, NewestHeader), target.Chain.Acks(emitted.Packet.Payload));
    }
}
