namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Switches that break one rule each, so that the simulator can show that it would notice. Production code uses <see cref="Correct"/>.
/// </summary>
internal sealed record ConsensusRules
{
    public static ConsensusRules Correct { get; } = new();

    /// <summary>Messages leave before the records they depend on are durable.</summary>
    public bool SendBeforePersist { get; init; }

    /// <summary>Own votes and proposals of the journal are ignored on recovery.</summary>
    public bool ForgetVotes { get; init; }

    /// <summary>Locks of the journal are ignored on recovery.</summary>
    public bool ForgetLocks { get; init; }

    /// <summary>A precommit is durable and sent before its lock is.</summary>
    public bool LockAfterVote { get; init; }

    /// <summary>The entry into a round leaves no record.</summary>
    public bool ForgetEntry { get; init; }

    /// <summary>Own signatures that the journal does not hold are no reason to be silent.</summary>
    public bool IgnoreAmnesia { get; init; }

    /// <summary>Polkas are neither attached to proposals nor repeated: locks stay hidden.</summary>
    public bool NoPolkaCertificates { get; init; }

    /// <summary>A claimed valid round needs no polka.</summary>
    public bool TrustValidRound { get; init; }

    /// <summary>Prevotes any valid block, whatever it is locked on.</summary>
    public bool IgnoreLock { get; init; }

    /// <summary>Stays in its round whatever others do.</summary>
    public bool NoRoundSkip { get; init; }

    /// <summary>Every message is sent once.</summary>
    public bool NoRebroadcast { get; init; }

    /// <summary>A quorum that need not intersect another in an honest member: n−f−1.</summary>
    public bool SmallQuorum { get; init; }
}
