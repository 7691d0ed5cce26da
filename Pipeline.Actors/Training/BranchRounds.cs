using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>Which rounds belong together while a trial makes two branches take turns.</summary>
public static class BranchRounds
{
    /// <summary>The round whose aggregate is the base of this one; where nothing is tried, the one before.</summary>
    /// <param name="round">From 1.</param>
    public static long Previous(RoundPolicy policy, long round, RoundBranch branch) => branch.Side switch
    {
        TrialSide.Offered => round == branch.Id ? round - 1 : round - 2,
        // Its first round starts, as the other branch's did, from before the trial.
        TrialSide.Own => round - 2,
        // The own branch had the trial's last round, and the offered one goes on from the round before that.
        _ => branch.Id > 0 && round == branch.Id + policy.Trial?.TotalRounds ? round - 2 : round - 1,
    };
}
