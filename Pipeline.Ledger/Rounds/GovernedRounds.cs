using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>What members may change since the second protocol version; null in the state of a chain before it.</summary>
/// <param name="Withdrawn">By seat: who takes no part.</param>
/// <param name="Erased">By seat: whose earlier payloads are deleted everywhere.</param>
public sealed record GovernedRounds(IReadOnlyList<bool> Withdrawn, IReadOnlyList<bool> Erased, RoundPolicy Policy) : ICanonical<GovernedRounds>
{
    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(3);
        Write(writer, Withdrawn);
        Write(writer, Erased);
        writer.Item(Policy).EndArray();
    }

    public static GovernedRounds ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var governed = new GovernedRounds(Read(reader), Read(reader), reader.Item<RoundPolicy>());
        reader.EndArray();
        return governed;
    }

    private static void Write(CanonicalWriter writer, IReadOnlyList<bool> bySeat)
    {
        writer.Array(bySeat.Count);
        foreach (bool value in bySeat)
            writer.Bool(value);
        writer.EndArray();
    }

    private static bool[] Read(CanonicalReader reader)
    {
        var bySeat = new bool[reader.ArrayHeader(MemberSet.MaxMembers)];
        for (int i = 0; i < bySeat.Length; i++)
            bySeat[i] = reader.Bool();
        reader.EndArray();
        return bySeat;
    }
}
