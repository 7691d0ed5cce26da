using System.Numerics;

namespace Pipeline.Ledger.Rounds;

/// <summary>Square roots that are the same on every machine.</summary>
internal static class IntegerRoot
{
    /// <summary>⌊√value⌋ by Newton's iteration.</summary>
    public static BigInteger Floor(BigInteger value)
    {
        if (value.Sign <= 0)
            return 0;
        var root = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        while (true)
        {
            var next = (root + value / root) >> 1;
            if (next >= root)
                return root;
            root = next;
        }
    }

    /// <summary>⌊unit · √(numerator / denominator)⌋; <paramref name="unit"/> where the ratio is 1 or more.</summary>
    public static long Ratio(BigInteger numerator, BigInteger denominator, long unit) =>
        numerator >= denominator ? unit : (long)Floor(numerator * unit * unit / denominator);
}
