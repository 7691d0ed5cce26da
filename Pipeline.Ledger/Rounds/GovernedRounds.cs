using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>What members may change since the second protocol version; null in the state of a chain before it.</summary>
/// <param name="Withdrawn">By seat.</param>
public sealed record GovernedRounds(IReadOnlyList<bool> Withdrawn, RoundPolicy Policy) : ICanonical<GovernedRounds>
{
    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(2).Array(Withdrawn.Count);
        foreach (bool withdrawn in Withdrawn)
            writer.Bool(withdrawn);
        writer.EndArray().Item(Policy).EndArray();
    }

    public static GovernedRounds ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var withdrawn = new bool[reader.ArrayHeader(MemberSet.MaxMembers)];
        for (int i = 0; i < withdrawn.Length; i++)
            withdrawn[i] = reader.Bool();
        reader.EndArray();
        var governed = new GovernedRounds(withdrawn, reader.Item<RoundPolicy>());
        reader.EndArray();
        return governed;
    }
}
