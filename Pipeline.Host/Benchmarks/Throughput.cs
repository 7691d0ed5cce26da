using System.Diagnostics;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;

namespace Pipeline.Host.Benchmarks;

/// <summary>
/// Small transactions a second at n = 4, submitted at all members, each of which keeps half a block of its own waiting. The floor: every replica verifies
/// every transaction's signature once, on all cores; then the journals write the blocks at the rate at which they write them in a batch.
/// </summary>
internal static class Throughput
{
    private const int VerificationsPerThread = 8000;

    public static async Task<Figure> MeasureAsync(string folder, LedgerWorkload workload, CancellationToken stop)
    {
        await using var chain = new BenchmarkChain(folder, workload.BlockTransactions);
        await RunAsync(chain, workload.BlockTransactions, workload.BlockTransactions, stop).ConfigureAwait(false);
        int count = workload.Blocks * workload.BlockTransactions;

        // Before and after, so that other load on the machine weighs on both alike.
        double verifications = SignatureFloor.PerSecond(Environment.ProcessorCount, VerificationsPerThread);
        var before = Environment.CpuUsage.TotalTime;
        var run = await RunAsync(chain, count, workload.BlockTransactions, stop).ConfigureAwait(false);
        double processor = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        verifications = (verifications + SignatureFloor.PerSecond(Environment.ProcessorCount, VerificationsPerThread)) / 2;

        await using var journals = new JournalFloor(folder);
        await journals.BatchAsync(run.Fullest, 1).ConfigureAwait(false);
        double write = await journals.BatchAsync(run.Fullest, workload.Blocks).ConfigureAwait(false) / run.Fullest.Transactions.Count;
        double verify = 1000 * BenchmarkChain.MemberCount / verifications;
        return new Figure(
            "throughput", "1/s", count / run.Seconds, 1000 / (verify + write), new Bar(BarKind.RatioAtLeast, 0.5), new Dictionary<string, double>
            {
                ["transactions"] = count,
                ["blocks"] = run.Blocks,
                ["seconds"] = run.Seconds,
                ["processorSeconds"] = processor,
                ["transactionBytes"] = Canonical.Encode(run.Fullest.Transactions[0]).Length,
                ["verificationsPerSecond"] = verifications,
                ["journalTransactionsPerSecond"] = 1000 / write,
            });
    }

    private sealed record Outcome(double Seconds, int Blocks, Block Fullest);

    /// <summary>Until every member has applied every transaction.</summary>
    private static async Task<Outcome> RunAsync(BenchmarkChain chain, int count, int blockTransactions, CancellationToken stop)
    {
        var transactions = Enumerable.Range(0, count).Select(i => chain.Transaction(i % BenchmarkChain.MemberCount))
            .ToLookup(t => chain.Genesis.Members.IndexOf(t.Sender));
        long start = Stopwatch.GetTimestamp();
        var members = await Task.WhenAll(Enumerable.Range(0, BenchmarkChain.MemberCount)
            .Select(i => MemberAsync(chain, i, [.. transactions[i]], count, blockTransactions / 2, stop))).ConfigureAwait(false);
        return new Outcome(
            members.Max(m => Timing.Milliseconds(start, m[^1].At)) / 1000, members[0].Count,
            members[0].MaxBy(m => m.Block.Block.Transactions.Count)!.Block.Block);
    }

    private static async Task<List<BenchmarkChain.AppliedBlock>> MemberAsync(
        BenchmarkChain chain, int member, Transaction[] own, int count, int window, CancellationToken stop)
    {
        var blocks = new List<BenchmarkChain.AppliedBlock>();
        string id = chain.Genesis.Members[member].Id;
        int submitted = 0, ownApplied = 0, applied = 0;
        while (applied < count)
        {
            for (; submitted < own.Length && submitted - ownApplied < window; submitted++)
                chain.Submit(member, own[submitted]);
            blocks.Add(await chain.NextAsync(member, stop).ConfigureAwait(false));
            var transactions = blocks[^1].Block.Block.Transactions;
            applied += transactions.Count;
            ownApplied += transactions.Count(t => t.Sender == id);
        }

        return blocks;
    }
}
