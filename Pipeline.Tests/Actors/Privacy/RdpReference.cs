using System.Numerics;

namespace Pipeline.Tests.Actors.Privacy;

/// <summary>The accountant's formulas as they stand in the papers, in <see cref="BigFixed"/>: the binomial sum, and the bare integral.</summary>
internal static class RdpReference
{
    private static readonly BigFixed Two = BigFixed.Of(2);

    public static double Epsilon(double rate, double noise, long steps, double delta, IEnumerable<double> orders) => orders.Min(order =>
    {
        BigFixed alpha = BigFixed.Of(order), less = alpha - BigFixed.One;
        var tail = (BigFixed.Log(BigFixed.Of(delta)) + BigFixed.Log(alpha)) / less;
        return (double)(steps * Divergence(rate, noise, order) - tail + BigFixed.Log(less / alpha));
    });

    public static double Rdp(double rate, double noise, double order) => (double)Divergence(rate, noise, order);

    private static BigFixed Divergence(double rate, double noise, double order)
    {
        BigFixed alpha = BigFixed.Of(order), variance = BigFixed.Of(noise) * BigFixed.Of(noise);
        if (rate == 1)
            return alpha / (Two * variance);
        var moment = order == Math.Floor(order) ? BinomialSum(rate, variance, (int)order) : Integral(rate, noise, alpha, order);
        return BigFixed.Log(moment) / (alpha - BigFixed.One);
    }

    private static BigFixed BinomialSum(double rate, BigFixed variance, int order)
    {
        BigFixed q = BigFixed.Of(rate), rest = BigFixed.One - q, sum = BigFixed.Of(0);
        BigInteger binomial = 1;
        for (int k = 0; k <= order; k++)
        {
            var term = BigFixed.Exp(BigFixed.Of((double)k * k - k) / (Two * variance));
            for (int i = 0; i < k; i++)
                term *= q;
            for (int i = k; i < order; i++)
                term *= rest;
            sum += binomial * term;
            binomial = binomial * (order - k) / (k + 1);
        }

        return sum;
    }

    /// <summary>∫ φ(z; σ) (1 − q + q e^((2z−1)/2σ²))^α dz by the trapezoidal rule, with a finer step and a longer reach than the accountant's.</summary>
    private static BigFixed Integral(double rate, double noise, BigFixed alpha, double order)
    {
        BigFixed q = BigFixed.Of(rate), rest = BigFixed.One - q, twice = Two * BigFixed.Of(noise) * BigFixed.Of(noise);
        double strip = 2 * Math.PI * Math.PI * noise * noise, step = 0.37 * Math.Min(0.5 * noise, strip / (40 + strip / 4)), reach = 10.5 * noise + 1.3;
        BigFixed sum = BigFixed.Of(0), weights = sum;
        for (double at = -reach; at < order + reach; at += step)
        {
            var z = BigFixed.Of(at);
            var ratio = rest + q * BigFixed.Exp((Two * z - BigFixed.One) / twice);
            sum += BigFixed.Exp(alpha * BigFixed.Log(ratio) - z * z / twice);
            weights += BigFixed.Exp(BigFixed.Of(0) - z * z / twice);
        }

        // The rule integrates the density itself as exactly as it does the rest, and without a square root of 2π.
        return sum / weights;
    }
}
