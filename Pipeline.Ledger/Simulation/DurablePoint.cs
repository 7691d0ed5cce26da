using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Simulation;

/// <summary>What must be durable before anybody hears of it.</summary>
public enum DurablePoint
{
    /// <summary>The entry into a round above 0: before any message of that round.</summary>
    RoundEntry,

    /// <summary>The whole block, its valid round and the signature: before the proposal.</summary>
    Proposal,

    /// <summary>Before the prevote.</summary>
    Prevote,

    /// <summary>The polka, the lock and the signature, at once: before the precommit.</summary>
    Precommit,

    /// <summary>The block and its commit certificate: before the decision is told and the next height begins.</summary>
    Decision,
}

/// <summary>On which side of a <see cref="DurablePoint"/> a member crashed.</summary>
public enum CrashSide
{
    /// <summary>Nothing is durable, nothing was said.</summary>
    BeforePersist,

    /// <summary>Durable, and not yet said.</summary>
    BeforeSend,

    /// <summary>Durable and said.</summary>
    AfterSend,
}

/// <summary>Which effects belong to which point.</summary>
internal static class DurablePoints
{
    public static bool TryGet(ConsensusEffect? effect, out DurablePoint point)
    {
        DurablePoint? found = effect switch
        {
            ConsensusEffect.Persist { Records: [.., var last] } => Of(last),
            ConsensusEffect.Broadcast { Message: ChainMessage.Propose } => DurablePoint.Proposal,
            ConsensusEffect.Broadcast { Message: ChainMessage.Votes { Items: [var vote] } } => Of(vote.Type),
            ConsensusEffect.Decide => DurablePoint.Decision,
            _ => null,
        };
        point = found.GetValueOrDefault();
        return found is not null;
    }

    private static DurablePoint? Of(JournalRecord record) => record switch
    {
        JournalRecord.Entered => DurablePoint.RoundEntry,
        JournalRecord.Proposed => DurablePoint.Proposal,
        JournalRecord.Voted { Vote.Type: var type } => Of(type),
        JournalRecord.Committed => DurablePoint.Decision,
        _ => null,
    };

    private static DurablePoint Of(StatementType type) => type == StatementType.Prevote ? DurablePoint.Prevote : DurablePoint.Precommit;
}
