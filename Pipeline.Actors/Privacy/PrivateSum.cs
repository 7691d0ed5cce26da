namespace Pipeline.Actors.Privacy;

/// <summary>
/// The Gaussian mechanism over a sum of gradients: each unit's is scaled to at most the clipping norm before it is added, so that one
/// unit moves the sum by at most that; then noise of σ times the norm hides the move.
/// </summary>
/// <param name="length">Coordinates.</param>
/// <param name="clip">C, bound on one unit's L2 norm.</param>
/// <param name="parts">Stretches of the coordinates that are summed and released; the others are left as if they were not there. Null for all.</param>
public sealed class PrivateSum(int length, double clip, IReadOnlyList<Range>? parts = null)
{
    private readonly double[] _sum = new double[length];
    private readonly IReadOnlyList<Range> _parts = parts ?? [Range.All];

    /// <summary>Units added whose gradient was longer than the bound.</summary>
    public int Clipped { get; private set; }

    /// <summary>Adds one unit's gradient × min(1, C/‖g‖). One that is not finite counts as zero: it stays within the bound, and stops nothing.</summary>
    public void Add(ReadOnlySpan<float> gradient, double scale = 1)
    {
        double squares = 0;
        foreach (var part in _parts)
        {
            foreach (float value in gradient[part])
                squares += (double)value * value;
        }

        double norm = scale * Math.Sqrt(squares);
        if (!double.IsFinite(norm))
        {
            Clipped++;
            return;
        }

        double factor = scale;
        if (norm > clip)
        {
            factor *= clip / norm;
            Clipped++;
        }

        foreach (var part in _parts)
        {
            var sum = _sum.AsSpan(part);
            var added = gradient[part];
            for (int i = 0; i < sum.Length; i++)
                sum[i] += factor * added[i];
        }
    }

    /// <summary>Writes (sum + N(0, σ²C²)) / <paramref name="expected"/> and starts anew.</summary>
    /// <param name="expected">Units that a sample has on average: the divisor must not tell how many there were.</param>
    public void Release(double noise, double expected, IPrivacyNoise random, Span<float> mean)
    {
        double deviation = noise * clip;
        foreach (var part in _parts)
        {
            var sum = _sum.AsSpan(part);
            var released = mean[part];
            for (int i = 0; i < sum.Length; i++)
                released[i] = (float)((sum[i] + deviation * random.NextGaussian()) / expected);
        }

        Array.Clear(_sum);
        Clipped = 0;
    }
}
