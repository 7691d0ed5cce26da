using System.Diagnostics;

namespace Pipeline.Host.Benchmarks;

/// <summary>Stopwatch arithmetic that every measurement shares.</summary>
internal static class Timing
{
    public static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;

    /// <summary>Milliseconds that <paramref name="work"/> takes.</summary>
    public static double Of(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Milliseconds(start, Stopwatch.GetTimestamp());
    }

    /// <summary>The value that the share <paramref name="p"/> of all does not exceed (nearest rank).</summary>
    public static double Percentile(IEnumerable<double> values, double p)
    {
        double[] sorted = [.. values.Order()];
        return sorted[Math.Clamp((int)Math.Ceiling(p * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    public static double Median(IEnumerable<double> values) => Percentile(values, 0.5);
}
