namespace Pipeline.Actors.Privacy;

/// <summary>Functions whose textbook form loses digits near zero or in a tail. Relative errors are a few units of the last place.</summary>
public static class SpecialFunctions
{
    private const double LogRootTwoPi = 0.91893853320467274178;

    /// <summary>ln(1 + x), x &gt; −1 (Kahan).</summary>
    public static double Log1P(double x)
    {
        double sum = 1 + x;
        return sum == 1 || double.IsInfinity(sum) ? x : Math.Log(sum) * x / (sum - 1);
    }

    /// <summary>ln(e^x − 1), x &gt; 0, for any size of x.</summary>
    public static double LogExpM1(double x) => x > 1 ? x + Log1P(-Math.Exp(-x)) : Math.Log(ExpM1(x));

    /// <summary>ln(1 + e^x), for any size of x.</summary>
    public static double Log1PExp(double x) => x > 0 ? x + Log1P(Math.Exp(-x)) : Log1P(Math.Exp(x));

    /// <summary>e^x − 1 (Kahan).</summary>
    public static double ExpM1(double x)
    {
        double power = Math.Exp(x), less = power - 1;
        return less is 0 or -1 || double.IsInfinity(less) ? (less == 0 ? x : less) : less * x / Math.Log(power);
    }

    /// <summary>Φ(x), the standard normal distribution function, with full relative precision in the lower tail.</summary>
    public static double NormalCdf(double x) => x switch
    {
        < -2 => LowerTail(-x),
        > 2 => 1 - LowerTail(x),
        _ => 0.5 + Density(x) * Odd(x),
    };

    private static double Density(double x) => Math.Exp(-0.5 * x * x - LogRootTwoPi);

    /// <summary>x + x³/3 + x⁵/(3·5) + … (Marsaglia 2004).</summary>
    private static double Odd(double x)
    {
        double term = x, sum = x;
        for (int i = 3; Math.Abs(term) > 1e-18 * Math.Abs(sum); i += 2)
        {
            term *= x * x / i;
            sum += term;
        }

        return sum;
    }

    /// <summary>1 − Φ(x) for x ≥ 2 by Laplace's continued fraction of Mills' ratio.</summary>
    private static double LowerTail(double x)
    {
        double fraction = x;
        for (int i = 200; i > 0; i--)
            fraction = x + i / fraction;
        return Density(x) / fraction;
    }
}
