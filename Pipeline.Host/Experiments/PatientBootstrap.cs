using System.Text;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Experiments;

/// <summary>
/// Intervals over patients and seeds: within each institution patients are drawn with replacement, all images of a patient together, and so are the
/// seeds. The same draws for every statistic, so that a difference of two arms is paired. Percentile intervals (Efron and Tibshirani 1993).
/// </summary>
public sealed class PatientBootstrap
{
    private readonly int[] _all;
    private readonly int[][] _draws;
    private readonly int[][] _seedDraws;

    /// <param name="seeds">Repetitions that the statistic is averaged over.</param>
    public PatientBootstrap(LearningTask task, int seeds, int resamples)
    {
        _all = [.. Enumerable.Range(0, task.PooledTest.Count)];
        Seeds = seeds;
        // Tasks are independent: each has its own stream.
        var random = SeededRandom.Derive(Digest.Of(Encoding.UTF8.GetBytes(task.Name)), "bootstrap");
        var strata = Patients(task);
        _draws = new int[resamples][];
        _seedDraws = new int[resamples][];
        for (int r = 0; r < resamples; r++)
        {
            var rows = new List<int>(_all.Length);
            foreach (var patients in strata)
            {
                for (int i = 0; i < patients.Length; i++)
                    rows.AddRange(patients[random.Next(patients.Length)]);
            }

            _draws[r] = [.. rows];
            _seedDraws[r] = [.. Enumerable.Range(0, seeds).Select(_ => random.Next(seeds))];
        }
    }

    public int Seeds { get; }

    /// <param name="statistic">Of the test images in the given rows and of one seed; NaN where undefined.</param>
    public Interval Of(Func<int[], int, double> statistic) => Percentiles(Draw(statistic));

    /// <summary>The statistic on all images, and in each resample: what intervals are made of, also over several tasks.</summary>
    public (double Value, double[] Resamples) Draw(Func<int[], int, double> statistic)
    {
        double value = Enumerable.Range(0, Seeds).Average(s => statistic(_all, s));
        if (double.IsNaN(value))
            return (value, []);
        var values = new double[_draws.Length];
        Parallel.For(0, values.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, r =>
        {
            var known = new double?[Seeds];
            values[r] = _seedDraws[r].Average(s => known[s] ??= statistic(_draws[r], s));
        });
        return (value, values);
    }

    /// <summary>Mean over tasks, which weigh alike and whose patients are drawn independently; tasks where the statistic is undefined are left out.</summary>
    public static Interval Pool(IReadOnlyList<(double Value, double[] Resamples)> tasks)
    {
        var defined = tasks.Where(t => t.Resamples.Length > 0).ToArray();
        if (defined.Length == 0)
            return new Interval(double.NaN, double.NaN, double.NaN);
        return Percentiles((
            defined.Average(t => t.Value), [.. Enumerable.Range(0, defined.Min(t => t.Resamples.Length)).Select(r => defined.Average(t => t.Resamples[r]))]));
    }

    private static Interval Percentiles((double Value, double[] Resamples) drawn)
    {
        double[] sorted = [.. drawn.Resamples.Where(double.IsFinite).Order()];
        return sorted.Length == 0
            ? new Interval(drawn.Value, double.NaN, double.NaN)
            : new Interval(drawn.Value, sorted[(int)(0.025 * sorted.Length)], sorted[Math.Min(sorted.Length - 1, (int)(0.975 * sorted.Length))]);
    }

    private static List<int[][]> Patients(LearningTask task)
    {
        var strata = new List<int[][]>();
        int first = 0;
        foreach (var site in task.Sites)
        {
            int start = first;
            strata.Add([.. Enumerable.Range(0, site.Test.Count).GroupBy(i => site.Test.Patients[i], i => start + i).Select(g => g.ToArray())]);
            first += site.Test.Count;
        }

        return strata;
    }
}
