using System.Diagnostics;
using Pipeline.Ledger.Simulation;

namespace Pipeline.Host.Simulation;

/// <summary>Runs the schedules of one simulation on several threads. The report depends on the seeds alone, but for its elapsed time.</summary>
public static class SimulationSweep
{
    private const int BatchSize = 50;

    /// <param name="progress">Told the number of schedules done after each batch, from any thread.</param>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled before the end.</exception>
    public static SimulationReport Run(SimulationOptions options, int threads, Action<int> progress, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        var batches = new SimulationReport?[(options.Schedules + BatchSize - 1) / BatchSize];
        int next = -1, done = 0, last = batches.Length - 1;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            // Batches are begun in order: all up to the first with a violation end, whoever runs them.
            for (int i = Interlocked.Increment(ref next); i <= Volatile.Read(ref last) && !stop.IsCancellationRequested; i = Interlocked.Increment(ref next))
            {
                int begin = i * BatchSize;
                batches[i] = Simulator.Run(options with
                {
                    FirstSeed = options.FirstSeed + begin,
                    Schedules = Math.Min(BatchSize, options.Schedules - begin),
                });
                if (options.StopAtFirstViolation && batches[i]!.Violations.Count > 0)
                    Lower(ref last, i);
                progress(Interlocked.Add(ref done, batches[i]!.Schedules));
            }
        });
        stop.ThrowIfCancellationRequested();
        return Merge(batches.Take(last + 1), watch.Elapsed);
    }

    private static SimulationReport Merge(IEnumerable<SimulationReport?> batches, TimeSpan elapsed)
    {
        var coverage = new SimulationCoverage();
        var violations = new List<SimulationViolation>();
        int schedules = 0;
        foreach (var batch in batches)
        {
            schedules += batch!.Schedules;
            violations.AddRange(batch.Violations);
            coverage.Add(batch.Coverage);
        }

        return new SimulationReport(schedules, violations, coverage, elapsed);
    }

    private static void Lower(ref int bound, int value)
    {
        int seen = Volatile.Read(ref bound);
        while (value < seen)
        {
            int before = Interlocked.CompareExchange(ref bound, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
