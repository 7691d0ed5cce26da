using System.Numerics;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>A trial under way: where its two branches stand, and what members say of them.</summary>
/// <param name="Began">Its first round, which is one of the offered branch and gives that branch its id.</param>
/// <param name="Auxiliary">The backbone that is tried.</param>
/// <param name="Own">The model that the branch without it stands at.</param>
/// <param name="Offered">The model that the branch with it stands at.</param>
/// <param name="Finals">The newest final rounds of the offered branch, oldest first; those of the own one are the chain's.</param>
/// <param name="Accepts">Seats that voted for the offered branch, as bits.</param>
/// <param name="Refuses">Seats that voted against it, as bits.</param>
public sealed record Trial(
    long Began, AuxiliaryBlend Auxiliary, Digest Own, Digest Offered, IReadOnlyList<FinalRound> Finals, ulong Accepts = 0, ulong Refuses = 0)
    : ICanonical<Trial>
{
    public int AcceptCount => BitOperations.PopCount(Accepts);

    public int RefuseCount => BitOperations.PopCount(Refuses);

    /// <summary>The offered branch begins, then they take turns.</summary>
    public TrialSide SideOf(long round) => (round - Began) % 2 == 0 ? TrialSide.Offered : TrialSide.Own;

    public Digest ModelOf(TrialSide side) => side == TrialSide.Offered ? Offered : Own;

    /// <summary>The branch of a round goes on from what the round ended in.</summary>
    public Trial With(FinalRound final) => SideOf(final.Round) == TrialSide.Own
        ? this with { Own = final.Model }
        : this with { Offered = final.Model, Finals = [.. Finals.TakeLast(RoundMachine.RememberedFinals - 1), final] };

    public Trial With(int seat, bool accept) => accept ? this with { Accepts = Accepts | 1UL << seat } : this with { Refuses = Refuses | 1UL << seat };

    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(7).Int(Began).Item(Auxiliary).Digest(Own).Digest(Offered).List(Finals).UInt(Accepts).UInt(Refuses).EndArray();

    public static Trial ReadFrom(CanonicalReader reader)
    {
        reader.Array(7);
        var trial = new Trial(
            reader.Int(1), reader.Item<AuxiliaryBlend>(), reader.Digest(), reader.Digest(), reader.List<FinalRound>(RoundMachine.RememberedFinals), reader.UInt(),
            reader.UInt());
        reader.EndArray();
        return trial;
    }
}
