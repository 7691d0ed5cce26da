using static Pipeline.Actors.Privacy.SpecialFunctions;

namespace Pipeline.Actors.Privacy;

/// <summary>
/// Rényi divergence of one release of the Poisson-subsampled Gaussian mechanism under adding or removing one unit (Mironov, Talwar and Zhang,
/// "Rényi Differential Privacy of the Sampled Gaussian Mechanism", 2019): R(α) = ln A(α) / (α − 1), A(α) = E[(1 + u)^α] with
/// u = q(e^((2z−1)/2σ²) − 1) and z ~ N(0, σ²). Since E[u] = 0, A − 1 is the mean of the never negative (1 + u)^α − 1 − αu, which is what is
/// computed here: small divergences keep their digits, and nothing alternates. docs/decisions/0040.
/// </summary>
public static class SubsampledGaussian
{
    /// <summary>Below this |u| the binomial series of (1 + u)^α − 1 − αu takes the place of the difference.</summary>
    private const double SeriesRadius = 0.25;

    /// <summary>e^−40 is below the rounding of a double.</summary>
    private const double NegligibleExponent = 40;

    /// <param name="rate">q, probability with which a unit is sampled, 0 … 1.</param>
    /// <param name="noise">σ, standard deviation of the noise in units of the clipping norm, above 0.</param>
    /// <param name="order">α, above 1.</param>
    public static double Rdp(double rate, double noise, double order)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rate);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(noise);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(order, 1);
        if (rate == 0)
            return 0;
        if (rate == 1)
            return order / (2 * noise * noise);
        double log = order == Math.Floor(order) ? LogExcess(rate, noise, (int)order) : LogExcess(rate, noise, order);
        return Log1PExp(log) / (order - 1);
    }

    /// <summary>ln(A − 1) of an integer order: Σ_{k≥2} C(α,k) (1−q)^(α−k) q^k (e^((k²−k)/2σ²) − 1).</summary>
    private static double LogExcess(double rate, double noise, int order)
    {
        double logRate = Math.Log(rate), logRest = Log1P(-rate), logBinomial = Math.Log(order);
        var sum = new LogSum();
        for (int k = 2; k <= order; k++)
        {
            logBinomial += Math.Log((order - k + 1.0) / k);
            sum.Add(logBinomial + (order - k) * logRest + k * logRate + LogExpM1(k * (k - 1.0) / (2 * noise * noise)));
        }

        return sum.Log;
    }

    /// <summary>
    /// ln(A − 1) of any order, by the trapezoidal rule over the real line. The integrand is analytic in the strip |Im z| &lt; πσ², so the error
    /// falls as e^(−2πy/h + y²/2σ²) for every y up to that (Trefethen and Weideman 2014); h makes it negligible.
    /// </summary>
    private static double LogExcess(double rate, double noise, double order)
    {
        double variance = noise * noise, strip = 2 * Math.PI * Math.PI * variance;
        double step = 0.5 * Math.Min(0.5 * noise, strip / (NegligibleExponent + strip / 4));
        double reach = noise * Math.Sqrt(2 * NegligibleExponent) + 1;
        double first = -reach, last = Math.Max(order, 2) + reach;
        var sum = new LogSum();
        for (double z = first; z <= last; z += step)
            sum.Add(-z * z / (2 * variance) + LogConvexity(rate, (2 * z - 1) / (2 * variance), order));
        return sum.Log + Math.Log(step / (noise * Math.Sqrt(2 * Math.PI)));
    }

    /// <summary>ln((1 + u)^α − 1 − αu), u = q(e^t − 1).</summary>
    private static double LogConvexity(double rate, double t, double order)
    {
        double excess = rate * ExpM1(t);
        if (Math.Abs(excess) < SeriesRadius)
        {
            double term = order * (order - 1) / 2 * excess * excess, sum = term;
            for (int k = 3; Math.Abs(term) > 1e-18 * sum; k++)
            {
                term *= (order - k + 1) / k * excess;
                sum += term;
            }

            return Math.Log(sum);
        }

        double log = order * (double.IsInfinity(excess) ? Math.Log(rate) + t : Log1P(excess));
        // Far out the power dwarfs the rest, and would overflow.
        return log > NegligibleExponent + Math.Log(order) + Math.Max(0, t) ? log : Math.Log(Math.Exp(log) - 1 - order * excess);
    }

    /// <summary>ln Σ e^xᵢ, whatever the size of the x.</summary>
    private struct LogSum
    {
        private double _largest, _scaled;
        private bool _any;

        public readonly double Log => _any ? _largest + Math.Log(_scaled) : double.NegativeInfinity;

        public void Add(double log)
        {
            if (double.IsNegativeInfinity(log))
                return;
            if (!_any || log > _largest)
            {
                _scaled = _any ? _scaled * Math.Exp(_largest - log) + 1 : 1;
                _largest = log;
                _any = true;
            }
            else
            {
                _scaled += Math.Exp(log - _largest);
            }
        }
    }
}
