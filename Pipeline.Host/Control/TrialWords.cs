using System.Globalization;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Control;

/// <summary>Where a trial stands, in the words of a person.</summary>
internal static class TrialWords
{
    /// <param name="quorum">Votes that it takes.</param>
    public static string Describe(RoundInfo round, TrialInfo trial, int quorum) => round.Phase == RoundPhase.Judging
        ? $"gains by members' votes, in points of AUC: {Votes(trial.Votes)}; {quorum} votes by height {round.DeadlineHeight} decide, and {Points(trial.MinGainPpm)} in the middle accept"
        : $"{trial.OfferedRounds} of {trial.Rounds} rounds with it, {trial.OwnRounds} without; round {round.Round} is {(round.Branch.Side == TrialSide.Offered ? "with" : "without")}";

    private static string Votes(IReadOnlyList<TrialGain> votes) =>
        votes.Count == 0 ? "none yet" : string.Join(", ", votes.Select(v => $"{v.Member} {Points(v.Gain * TrialVote.StepPpm)}"));

    private static string Points(int ppm) => (ppm / 10_000m).ToString("0.#", CultureInfo.InvariantCulture).Replace('-', '−');
}
