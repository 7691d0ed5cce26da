using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>A trial under way: where its two branches stand, and what members say of them.</summary>
/// <param name="Began">Its first round, which is one of the offered branch and gives that branch its id.</param>
/// <param name="Auxiliary">The backbone that is tried.</param>
/// <param name="Own">The model that the branch without it stands at.</param>
/// <param name="Offered">The model that the branch with it stands at.</param>
/// <param name="Finals">The newest final rounds of the offered branch, oldest first; those of the own one are the chain's.</param>
/// <param name="Votes">Of members, by id.</param>
public sealed record Trial(
    long Began, AuxiliaryBlend Auxiliary, Digest Own, Digest Offered, IReadOnlyList<FinalRound> Finals, IReadOnlyList<TrialGain> Votes)
    : ICanonical<Trial>
{
    /// <summary>The offered branch begins, then they take turns.</summary>
    public TrialSide SideOf(long round) => (round - Began) % 2 == 0 ? TrialSide.Offered : TrialSide.Own;

    public Digest ModelOf(TrialSide side) => side == TrialSide.Offered ? Offered : Own;

    /// <summary>The branch of a round goes on from what the round ended in.</summary>
    public Trial With(FinalRound final) => SideOf(final.Round) == TrialSide.Own
        ? this with { Own = final.Model }
        : this with { Offered = final.Model, Finals = [.. Finals.TakeLast(RoundMachine.RememberedFinals - 1), final] };

    public Trial With(TrialGain vote) => this with { Votes = [.. Votes.Append(vote).OrderBy(v => v.Member, StringComparer.Ordinal)] };

    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(6).Int(Began).Item(Auxiliary).Digest(Own).Digest(Offered).List(Finals).List(Votes).EndArray();

    public static Trial ReadFrom(CanonicalReader reader)
    {
        reader.Array(6);
        var trial = new Trial(
            reader.Int(1), reader.Item<AuxiliaryBlend>(), reader.Digest(), reader.Digest(), reader.List<FinalRound>(RoundMachine.RememberedFinals),
            reader.List<TrialGain>(MemberSet.MaxMembers));
        reader.EndArray();
        return trial;
    }
}
