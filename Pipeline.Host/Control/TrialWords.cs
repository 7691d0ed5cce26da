using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Control;

/// <summary>Where a trial stands, in the words of a person.</summary>
internal static class TrialWords
{
    /// <param name="quorum">Accepting votes that it takes.</param>
    public static string Describe(RoundInfo round, TrialInfo trial, int quorum) => round.Phase == RoundPhase.Judging
        ? $"accepted by {Names(trial.Accepts)}, refused by {Names(trial.Refuses)}; it takes {quorum} to accept by height {round.DeadlineHeight}"
        : $"{trial.OfferedRounds} of {trial.Rounds} rounds with it, {trial.OwnRounds} without; round {round.Round} is {(round.Branch.Side == TrialSide.Offered ? "with" : "without")}";

    private static string Names(IReadOnlyList<string> members) => members.Count == 0 ? "nobody" : string.Join(", ", members);
}
