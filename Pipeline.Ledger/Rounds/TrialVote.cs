using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// What the branch with the offered backbone is worth to one member. Coarse: a finer figure would leak more of the member's images, and one bit leaves it to
/// each member alone to say what is chance, which n−f together tell far better.
/// </summary>
/// <param name="Began">The trial's first round.</param>
/// <param name="Gain">Macro-AUC on the member's held-out images, of the branch with the backbone less the one without it, in steps of five points: −20 … 20.</param>
public sealed record TrialVote(long Began, int Gain) : ICanonical<TrialVote>
{
    /// <summary>A step, × 10⁶ of AUC.</summary>
    public const int StepPpm = 50_000;

    /// <summary>Steps between an AUC of 0 and one of 1.</summary>
    public const int MaxGain = 1_000_000 / StepPpm;

    /// <param name="gain">−1 … 1.</param>
    public static TrialVote Of(long began, double gain) => new(began, (int)Math.Round(Math.Clamp(gain, -1, 1) * MaxGain));

    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Began).Int(Gain).EndArray();

    public static TrialVote ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var vote = new TrialVote(reader.Int(1), reader.Int32(-MaxGain, MaxGain));
        reader.EndArray();
        return vote;
    }
}
