using System.Numerics;

namespace Pipeline.Tests.Actors.Privacy;

/// <summary>Real numbers as whole multiples of 2⁻³⁰⁰: a reference whose own error is nothing beside that of a double.</summary>
internal readonly struct BigFixed(BigInteger raw)
{
    private const int Bits = 300;

    private static readonly BigFixed Ln2 = LogOfTwo();

    private BigInteger Raw => raw;

    public static BigFixed One => new(BigInteger.One << Bits);

    /// <summary>Exactly the value of a double.</summary>
    public static BigFixed Of(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52 & 0x7ff);
        BigInteger mantissa = (bits & 0xfffffffffffffL) | 1L << 52;
        int shift = exponent - 1075 + Bits;
        return value == 0 ? new BigFixed(0) : new BigFixed((value < 0 ? -1 : 1) * (shift >= 0 ? mantissa << shift : mantissa >> -shift));
    }

    public static BigFixed operator +(BigFixed a, BigFixed b) => new(a.Raw + b.Raw);

    public static BigFixed operator -(BigFixed a, BigFixed b) => new(a.Raw - b.Raw);

    public static BigFixed operator *(BigFixed a, BigFixed b) => new(a.Raw * b.Raw >> Bits);

    public static BigFixed operator *(BigInteger a, BigFixed b) => new(a * b.Raw);

    public static BigFixed operator /(BigFixed a, BigFixed b) => new((a.Raw << Bits) / b.Raw);

    public static explicit operator double(BigFixed a)
    {
        int excess = Math.Max(0, (int)BigInteger.Abs(a.Raw).GetBitLength() - 64);
        return Math.ScaleB((double)(a.Raw >> excess), excess - Bits);
    }

    /// <summary>x = k·ln 2 + r, |r| &lt; ln 2; e^r = (e^(r/256))^256 by its series.</summary>
    public static BigFixed Exp(BigFixed x)
    {
        var k = (int)(x.Raw / Ln2.Raw);
        var r = new BigFixed((x - k * Ln2).Raw >> 8);
        BigFixed term = One, sum = One;
        for (int i = 1; term.Raw != 0 && i < 100; i++)
        {
            term = new BigFixed((term * r).Raw / i);
            sum += term;
        }

        for (int i = 0; i < 8; i++)
            sum *= sum;
        return new BigFixed(k >= 0 ? sum.Raw << k : sum.Raw >> -k);
    }

    /// <summary>x &gt; 0, by Halley's iteration, which triples the digits.</summary>
    public static BigFixed Log(BigFixed x)
    {
        int scale = (int)x.Raw.GetBitLength() - Bits;
        var reduced = new BigFixed(scale >= 0 ? x.Raw >> scale : x.Raw << -scale);
        var y = Of(Math.Log((double)reduced));
        for (int i = 0; i < 3; i++)
        {
            var power = Exp(y);
            y += new BigFixed(2 * (reduced - power).Raw) / (reduced + power);
        }

        return y + scale * Ln2;
    }

    /// <summary>Machin's: ln 2 = 2 artanh(1/3).</summary>
    private static BigFixed LogOfTwo()
    {
        BigInteger power = (BigInteger.One << Bits) / 3, sum = power;
        for (int k = 3; power != 0; k += 2)
        {
            power /= 9;
            sum += power / k;
        }

        return new BigFixed(2 * sum);
    }
}
