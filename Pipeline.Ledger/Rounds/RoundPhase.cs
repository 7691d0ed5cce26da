namespace Pipeline.Ledger.Rounds;

/// <summary>Where a chain's learning stands.</summary>
public enum RoundPhase
{
    /// <summary>Before the first block, which opens round 1.</summary>
    Waiting = 0,

    /// <summary>Contributions are accepted.</summary>
    Open = 1,

    /// <summary>Members aggregate and attest.</summary>
    Closed = 2,

    /// <summary>The policy's last round is final.</summary>
    Completed = 3,

    /// <summary>Both branches of a trial have had their rounds: members vote which goes on.</summary>
    Judging = 4,
}
