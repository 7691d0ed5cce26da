using System.Diagnostics;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Host.Benchmarks;

/// <summary>
/// From Submit to BlockApplied, one small transaction at a time, always at the same member; proposers rotate. The floor is three message
/// delays (proposal, prevotes, precommits) and the serial writes of a height: <see cref="JournalFloor.HeightAsync"/>.
/// </summary>
internal static class CommitLatency
{
    private const int Delays = 3;
    private const int Submitter = 0;
    private const int RoundTrips = 1000;

    private static readonly Bar MedianBar = new(BarKind.RatioAtMost, 2);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(string folder, LedgerWorkload workload, CancellationToken stop)
    {
        await using var chain = new BenchmarkChain(folder, workload.BlockTransactions);
        await using var journals = new JournalFloor(folder);
        List<double> atSubmitter = [], atAll = [];
        List<JournalFloor.Chained> writes = [];
        for (int i = -workload.Commits; i < workload.Commits; i++)
        {
            // In turns, so that other load on the machine weighs on both alike.
            var (submitter, all, block) = await CommitAsync(chain, stop).ConfigureAwait(false);
            var floor = await journals.HeightAsync(block).ConfigureAwait(false);
            if (i < 0)
                continue;
            atSubmitter.Add(submitter);
            atAll.Add(all);
            writes.Add(floor);
        }

        double delay = await MessageDelay.MeasureAsync(chain, RoundTrips).ConfigureAwait(false);
        return
        [
            Of("commitLatency", 0.5, atSubmitter, w => w.AtOne, MedianBar),
            Of("commitLatencyP99", 0.99, atSubmitter, w => w.AtOne, null),
            Of("commitLatencyAtAll", 0.5, atAll, w => w.AtAll, null),
            Of("commitLatencyAtAllP99", 0.99, atAll, w => w.AtAll, null),
        ];

        Figure Of(string name, double p, List<double> measured, Func<JournalFloor.Chained, double> write, Bar? bar)
        {
            double written = Timing.Percentile(writes.Select(write), p);
            return new Figure(name, "ms", Timing.Percentile(measured, p), Delays * delay + written, bar, new Dictionary<string, double>
            {
                ["commits"] = measured.Count,
                ["messageDelayMs"] = delay,
                ["serialWritesMs"] = written,
            });
        }
    }

    private static async Task<(double AtSubmitter, double AtAll, CommittedBlock Block)> CommitAsync(BenchmarkChain chain, CancellationToken stop)
    {
        var transaction = chain.Transaction(Submitter);
        long start = Stopwatch.GetTimestamp();
        chain.Submit(Submitter, transaction);
        var applied = new BenchmarkChain.AppliedBlock[BenchmarkChain.MemberCount];
        for (int i = 0; i < applied.Length; i++)
        {
            do
                applied[i] = await chain.NextAsync(i, stop).ConfigureAwait(false);
            while (applied[i].Block.Block.Transactions.All(t => t.Id != transaction.Id));
        }

        return (Timing.Milliseconds(start, applied[Submitter].At), Timing.Milliseconds(start, applied.Max(a => a.At)), applied[Submitter].Block);
    }
}
