namespace Pipeline.Ledger.Rounds;

/// <summary>The branch of training that a round belongs to: what a site remembers from round to round (moments, residual) is a branch's own.</summary>
/// <param name="Id">0 from the genesis on; else the round in which a trial began the branch.</param>
/// <param name="Side">Whether a trial goes on, and which side of it this is.</param>
public readonly record struct RoundBranch(long Id, TrialSide Side);
