using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>What a replica knows about one round.</summary>
internal sealed class RoundState(long height, int round, int members, int quorum)
{
    public Proposal? Proposal { get; set; }

    /// <summary>The one conflicting proposal that is remembered beside the first.</summary>
    public Proposal? SecondProposal { get; set; }

    public VoteTable Prevotes { get; } = new(StatementType.Prevote, height, round, members, quorum);

    public VoteTable Precommits { get; } = new(StatementType.Precommit, height, round, members, quorum);

    public bool PolkaHandled { get; set; }

    public bool PrevoteTimeoutScheduled { get; set; }

    public bool PrecommitTimeoutScheduled { get; set; }

    public VoteTable Of(StatementType type) => type == StatementType.Prevote ? Prevotes : Precommits;
}
