using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>A member's verdict on a trial. Only this bit goes on the chain: a finer verdict would leak.</summary>
/// <param name="Began">The trial's first round.</param>
/// <param name="Accept">The branch with the offered backbone is better on this member's held-out images.</param>
public sealed record TrialVote(long Began, bool Accept) : ICanonical<TrialVote>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Began).Bool(Accept).EndArray();

    public static TrialVote ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var vote = new TrialVote(reader.Int(1), reader.Bool());
        reader.EndArray();
        return vote;
    }
}
