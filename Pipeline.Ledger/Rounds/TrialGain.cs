using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>A member's vote on the trial under way.</summary>
/// <param name="Gain">See <see cref="TrialVote"/>.</param>
public sealed record TrialGain(string Member, int Gain) : ICanonical<TrialGain>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Text(Member).Int(Gain).EndArray();

    public static TrialGain ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var gain = new TrialGain(reader.Text(Crypto.Member.MaxIdLength), reader.Int32(-TrialVote.MaxGain, TrialVote.MaxGain));
        reader.EndArray();
        return gain;
    }
}
