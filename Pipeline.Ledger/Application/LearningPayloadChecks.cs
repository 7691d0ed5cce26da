using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>What a member's store ack attests on a learning chain, by payload kind (<see cref="LearningPayloads"/>).</summary>
/// <param name="round">The chain's current round; called on the exchange's thread, so it must be safe from any.</param>
public sealed class LearningPayloadChecks(LearningGenesis genesis, Func<RoundInfo> round) : IPayloadChecks
{
    public static LearningPayloadChecks Of(LearningApplication application) => new(application.Learning, () => application.View.Round);

    public long MaxBytes(int kind) => kind switch
    {
        LearningPayloads.Update => UpdateChecks.MaxBytes(genesis.Layout, genesis.Policy),
        LearningPayloads.Backbone => BackbonePayload.BytesFor(genesis.Layout),
        LearningPayloads.Model => FixedPointModel.BytesFor(genesis.Layout),
        _ => 0,
    };

    public string? Check(int kind, ReadOnlyMemory<byte> payload) => kind switch
    {
        LearningPayloads.Update => CheckUpdate(payload),
        LearningPayloads.Backbone => Canonical.TryDecode<BackbonePayload>(payload, out var backbone, out string? error)
            ? backbone.Matches(genesis.Layout)
            : error,
        LearningPayloads.Model => FixedPointModel.TryFromBytes(genesis.Layout, payload.Span, out string? error) is null ? error : null,
        _ => $"payload kind {kind} is not one of a learning chain",
    };

    private string? CheckUpdate(ReadOnlyMemory<byte> payload)
    {
        if (!UpdateChecks.TryDecode(genesis.Layout, genesis.Policy, payload, out var update, out string? error))
            return error;
        var current = round();
        if (update.Round < current.Round || (current.Phase is RoundPhase.Completed or RoundPhase.Judging && update.Round == current.Round))
            return $"the update is of round {update.Round}; the chain is at round {current.Round}";
        // A holder that is a few blocks behind cannot know a later round's base; every replica checks it again before it aggregates.
        return update.Round == current.Round ? RoundAggregation.CheckBase(update, current.Round, current.Base) : null;
    }
}
