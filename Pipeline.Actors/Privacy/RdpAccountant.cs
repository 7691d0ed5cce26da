namespace Pipeline.Actors.Privacy;

/// <summary>
/// Adds up what releases of the Poisson-subsampled Gaussian mechanism cost, in Rényi divergence, and says it as (ε, δ). Divergences of releases
/// add (Mironov 2017), so rates and noise may differ from one to the next. Pure; not thread-safe.
/// </summary>
public sealed class RdpAccountant
{
    private readonly double[] _rdp;
    private readonly IReadOnlyList<double> _orders;

    /// <param name="orders">Orders α to minimise over; <see cref="StandardOrders"/> by default.</param>
    public RdpAccountant(IReadOnlyList<double>? orders = null)
    {
        _orders = orders ?? StandardOrders;
        _rdp = new double[_orders.Count];
    }

    /// <summary>1.1 … 10.9 in steps of 0.1, then 12 … 63.</summary>
    public static IReadOnlyList<double> StandardOrders { get; } =
        [.. Enumerable.Range(11, 99).Select(tenths => tenths / 10.0), .. Enumerable.Range(12, 52).Select(order => (double)order)];

    /// <summary>One more stretch of equal releases.</summary>
    /// <param name="rate">q, 0 … 1.</param>
    /// <param name="noise">σ, in units of the clipping norm.</param>
    /// <param name="steps">Releases.</param>
    public void Add(double rate, double noise, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        if (steps == 0)
            return;
        for (int i = 0; i < _rdp.Length; i++)
            _rdp[i] += steps * SubsampledGaussian.Rdp(rate, noise, _orders[i]);
    }

    /// <summary>ε at <paramref name="delta"/> of everything added so far; 0 before anything was.</summary>
    /// <remarks>min over α of R(α) − (ln δ + ln α)/(α − 1) + ln((α − 1)/α) (Balle et al. 2020; Canonne, Kamath and Steinke 2020), at least 0.</remarks>
    public double Epsilon(double delta)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(delta);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(delta, 1);
        if (Array.TrueForAll(_rdp, divergence => divergence == 0))
            return 0;
        double least = double.PositiveInfinity;
        for (int i = 0; i < _rdp.Length; i++)
        {
            double order = _orders[i];
            least = Math.Min(least, _rdp[i] - (Math.Log(delta) + Math.Log(order)) / (order - 1) + Math.Log((order - 1) / order));
        }

        return Math.Max(0, least);
    }

    /// <summary>Another accountant that goes on from here.</summary>
    public RdpAccountant Fork()
    {
        var fork = new RdpAccountant(_orders);
        _rdp.CopyTo(fork._rdp, 0);
        return fork;
    }

    /// <summary>The least σ (within 0.1 %) with which <paramref name="steps"/> releases at rate q cost at most <paramref name="epsilon"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No σ up to 10⁴ is enough.</exception>
    public static double NoiseFor(double epsilon, double delta, double rate, long steps)
    {
        double low = 1e-2, high = 1;
        while (Cost(high) > epsilon)
        {
            low = high;
            high *= 2;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(high, 1e4, nameof(epsilon));
        }

        while (high / low > 1.001)
        {
            double middle = Math.Sqrt(low * high);
            if (Cost(middle) > epsilon)
                low = middle;
            else
                high = middle;
        }

        return high;

        double Cost(double noise)
        {
            var accountant = new RdpAccountant();
            accountant.Add(rate, noise, steps);
            return accountant.Epsilon(delta);
        }
    }
}
