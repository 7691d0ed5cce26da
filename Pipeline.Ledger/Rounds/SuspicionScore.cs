using System.Numerics;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// How far a member's update stands from the others', for people to look at. The same on every replica; nothing follows from it by
/// itself: a hospital with rare patients may stand apart honestly.
/// </summary>
/// <param name="NormPpm">Its L2 norm × 10⁶, in units of the round's median norm.</param>
/// <param name="DistancePpm">Root mean squared distance to its nearest half of the others × 10⁶, in units of the round's median.</param>
public sealed record SuspicionScore(string Member, long NormPpm, long DistancePpm)
{
    private const long One = 1_000_000;

    /// <summary>Worth an operator's look: more than twice as far away, or three times as long, as is usual in the round.</summary>
    public bool StandsOut => DistancePpm > 2 * One || NormPpm > 3 * One;

    /// <param name="members">Authors in the order in which the updates were given. With fewer than three there is no "usual".</param>
    public static IReadOnlyList<SuspicionScore> Of(UpdateGeometry geometry, IReadOnlyList<string> members)
    {
        int n = geometry.Count;
        if (n < 3)
            return [];
        var products = geometry.Products;
        int others = n / 2;
        BigInteger[] norms = [.. Enumerable.Range(0, n).Select(i => products[i, i])];
        BigInteger[] distances =
        [
            .. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Where(j => j != i)
                .Select(j => MixedUpdates.Distance(products, i, j)).Order().Take(others).Aggregate(BigInteger.Zero, (sum, d) => sum + d)),
        ];
        int[] positions = geometry.Positions();
        return [.. members.Select((member, i) => new SuspicionScore(member, Relative(norms, positions[i]), Relative(distances, positions[i])))];
    }

    private static long Relative(BigInteger[] squares, int i)
    {
        var median = squares.Order().ElementAt((squares.Length - 1) / 2);
        if (median.IsZero)
            return squares[i].IsZero ? One : long.MaxValue;
        var ratio = IntegerRoot.Floor(squares[i] * One * One / median);
        return ratio > long.MaxValue ? long.MaxValue : (long)ratio;
    }
}
