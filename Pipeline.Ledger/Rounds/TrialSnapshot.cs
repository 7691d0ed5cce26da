using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>What a chain's trials have come to; there is none in the state of a chain that never had one.</summary>
/// <param name="Branch">The branch that training goes on in, or would without the trial under way.</param>
/// <param name="Taken">Rounds that trials have taken, the newest included.</param>
/// <param name="Now">The trial under way, or null.</param>
public sealed record TrialSnapshot(long Branch, long Taken, Trial? Now) : ICanonical<TrialSnapshot>
{
    public RoundBranch BranchOf(long round) => Now is not { } trial ? new RoundBranch(Branch, TrialSide.None)
        : trial.SideOf(round) == TrialSide.Own ? new RoundBranch(Branch, TrialSide.Own)
        : new RoundBranch(trial.Began, TrialSide.Offered);

    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Int(Branch).Int(Taken).List(Now is null ? [] : new[] { Now }).EndArray();

    public static TrialSnapshot ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var snapshot = new TrialSnapshot(reader.Int(0), reader.Int(1), reader.List<Trial>(1).FirstOrDefault());
        reader.EndArray();
        return snapshot;
    }
}
