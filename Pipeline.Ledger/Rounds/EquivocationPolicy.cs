namespace Pipeline.Ledger.Rounds;

/// <summary>What a member's proved equivocation leads to, beyond the evidence on the chain.</summary>
public enum EquivocationPolicy
{
    /// <summary>Nothing: the members judge it outside the chain.</summary>
    Record = 0,

    /// <summary>
    /// It contributes no more until the members readmit it: what it has put into an open round is dropped, later contributions are refused. Its
    /// attestations and votes still count, because a quorum tolerates f false ones and may need it to be one.
    /// </summary>
    Exclude = 1,
}
