namespace Pipeline.Ledger.Rounds;

/// <summary>Where a round stands in a trial.</summary>
public enum TrialSide
{
    /// <summary>There is none: the chain has one branch.</summary>
    None = 0,

    /// <summary>The branch without the offered backbone.</summary>
    Own = 1,

    /// <summary>The branch with it, which begins in the trial's first round.</summary>
    Offered = 2,
}
