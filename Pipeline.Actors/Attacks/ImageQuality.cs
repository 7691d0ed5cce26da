namespace Pipeline.Actors.Attacks;

/// <summary>How like an original a reconstruction is. Images are Height × Width, row-major, of any range.</summary>
public static class ImageQuality
{
    /// <summary>10 log₁₀(range² / MSE) in dB, range = the original's largest less its smallest value; at most 99 for equal images.</summary>
    public static double Psnr(ReadOnlySpan<float> original, ReadOnlySpan<float> reconstruction)
    {
        double squares = 0;
        for (int i = 0; i < original.Length; i++)
            squares += Math.Pow((double)original[i] - reconstruction[i], 2);
        double range = Range(original), mean = squares / original.Length;
        return mean == 0 ? 99 : Math.Min(99, 10 * Math.Log10(range * range / mean));
    }

    /// <summary>Mean structural similarity over 8 × 8 windows in steps of 4 (Wang et al. 2004), −1 … 1.</summary>
    public static double Ssim(ReadOnlySpan<float> original, ReadOnlySpan<float> reconstruction, int height, int width)
    {
        const int window = 8, stride = 4;
        double range = Range(original), c1 = Math.Pow(0.01 * range, 2), c2 = Math.Pow(0.03 * range, 2), sum = 0;
        int windows = 0;
        for (int top = 0; top + window <= height; top += stride)
        {
            for (int left = 0; left + window <= width; left += stride, windows++)
            {
                double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
                for (int y = top; y < top + window; y++)
                {
                    for (int x = left; x < left + window; x++)
                    {
                        double p = original[y * width + x], q = reconstruction[y * width + x];
                        (a, b, aa, bb, ab) = (a + p, b + q, aa + p * p, bb + q * q, ab + p * q);
                    }
                }

                const double n = window * window;
                double ma = a / n, mb = b / n, va = aa / n - ma * ma, vb = bb / n - mb * mb, cov = ab / n - ma * mb;
                sum += (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
            }
        }

        return windows == 0 ? 0 : sum / windows;
    }

    /// <summary>Pearson's correlation; 0 where one of the two is constant.</summary>
    public static double Correlation(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        double a = 0, b = 0;
        for (int i = 0; i < one.Length; i++)
            (a, b) = (a + one[i], b + other[i]);
        (a, b) = (a / one.Length, b / one.Length);
        double aa = 0, bb = 0, ab = 0;
        for (int i = 0; i < one.Length; i++)
        {
            double p = one[i] - a, q = other[i] - b;
            (aa, bb, ab) = (aa + p * p, bb + q * q, ab + p * q);
        }

        return aa * bb == 0 ? 0 : ab / Math.Sqrt(aa * bb);
    }

    private static double Range(ReadOnlySpan<float> values)
    {
        float low = float.PositiveInfinity, high = float.NegativeInfinity;
        foreach (float value in values)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        return Math.Max(high - low, 1e-6);
    }
}
