using System.Globalization;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Sync;

/// <summary>Gathers, block by block, what made each final model of a learning chain.</summary>
public sealed class LedgerProvenance
{
    private readonly Dictionary<(long Round, string Member), ModelProvenance.Update> _updates = [];
    private readonly Dictionary<(long Round, string Member), Attestation> _attestations = [];
    private readonly Dictionary<(Digest Chain, long Sequence), (long Height, Digest Transaction)> _delivered = [];
    private readonly HashSet<(Digest Chain, long Sequence, string Member)> _votes = [];
    private readonly Dictionary<Digest, ModelProvenance.Packet> _accepted = [];
    private readonly Dictionary<long, RoundClosed> _closed = [];
    private readonly List<ModelProvenance> _models = [];

    /// <summary>Final rounds in order.</summary>
    public IReadOnlyList<ModelProvenance> Models => _models;

    public void Take(AppliedBlock block)
    {
        if (block.Outcome is not { } outcome)
            return;
        for (int i = 0; i < block.Block.Transactions.Count; i++)
        {
            if (outcome.Receipts[i].Refusal is null)
                Take(block.Block.Transactions[i], block.Height);
        }

        foreach (var happened in outcome.Events)
            Take(happened, block.Height);
    }

    /// <summary>By round number, or by the beginning of a model's or backbone's digest; the newest where several fit.</summary>
    public ModelProvenance? Find(string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long round) && _models.Find(m => m.Round == round) is { } numbered)
            return numbered;
        return _models.FindLast(m => Begins(m.Model) || Begins(m.Backbone));

        bool Begins(Digest digest) => $"{digest}".StartsWith(text, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The final rounds that a model descends from, the newest first, itself included.</summary>
    public IReadOnlyList<ModelProvenance> LineageOf(ModelProvenance model)
    {
        var lineage = new List<ModelProvenance> { model };
        while (_models.FindLast(m => m.Model == lineage[^1].Base && m.Round < lineage[^1].Round) is { } parent)
            lineage.Add(parent);
        return lineage;
    }

    private void Take(Transaction transaction, long height)
    {
        switch (LearningTransactions.Decode(transaction))
        {
            case Contribution c:
                _updates[(c.Round, transaction.Sender)] = new ModelProvenance.Update(
                    transaction.Sender, c.Payload, c.PayloadBytes, height, transaction.Id, [.. c.Acks.Select(ack => ack.Member)]);
                break;
            case Attestation a:
                _attestations[(a.Round, transaction.Sender)] = a;
                break;
            case BridgeDelivery { Packet: var p }:
                _delivered[(p.SourceChain, p.Sequence)] = (height, transaction.Id);
                break;
            case GateVote { Accept: true } vote:
                _votes.Add((vote.SourceChain, vote.Sequence, transaction.Sender));
                break;
        }
    }

    private void Take(IChainEvent happened, long height)
    {
        switch (happened)
        {
            case AuxiliaryAccepted { Packet: var packet } when _delivered.TryGetValue((packet.SourceChain, packet.Sequence), out var delivery):
                _accepted[packet.Payload] = new ModelProvenance.Packet(
                    packet, 0, delivery.Height, delivery.Transaction,
                    [.. _votes.Where(v => (v.Chain, v.Sequence) == (packet.SourceChain, packet.Sequence)).Select(v => v.Member).Order(StringComparer.Ordinal)]);
                break;
            case RoundClosed closed:
                _closed[closed.Round] = closed;
                break;
            case RoundFinalized final when _closed.TryGetValue(final.Round, out var closed):
                _models.Add(new ModelProvenance(
                    final.Round, height, final.Model, final.Backbone, closed.Base,
                    [.. closed.Contributions.Select(c => _updates[(final.Round, c.Member)])],
                    closed.Auxiliary is { } blend ? _accepted[blend.Payload] with { AlphaQ16 = blend.AlphaQ16 } : null,
                    [.. _attestations.Where(a => a.Key.Round == final.Round && a.Value.Model == final.Model).Select(a => a.Key.Member).Order(StringComparer.Ordinal)]));
                break;
        }
    }
}
