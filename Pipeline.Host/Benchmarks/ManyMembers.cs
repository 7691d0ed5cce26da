using System.Diagnostics;
using System.Threading.Channels;
using Akka.Actor;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Benchmarks;

/// <summary>
/// A chain of many members in this process, each with an actor system, a SQLite journal and a gateway of its own, all linked to all: how long after the pause between
/// blocks the last member has applied the next one. Below the pause, the chain keeps its pace.
/// </summary>
internal static class ManyMembers
{
    private const string Chain = "bench";
    private const long Hour = 3_600_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<Figure> MeasureAsync(string folder, GatewayWorkload workload, CancellationToken stop)
    {
        Ed25519Signer[] signers = [.. Enumerable.Range(0, workload.Members).Select(_ => Ed25519Signer.Create())];
        var genesis = new Genesis(
            Genesis.CurrentVersion, Chain, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - Hour,
            new MemberSet([.. signers.Select((s, i) => new Member($"member-{i}", s.PublicKey))]),
            new ConsensusParameters(Block.MaxTransactions, workload.BlockIntervalMs, (int)Hour), []);
        ChainJournal[] journals = [.. genesis.Members.Members.Select(m => new ChainJournal.Sqlite(Path.Combine(folder, m.Id, "journal.db")))];
        var systems = new List<ActorSystem>();
        await using var gateways = await BenchmarkGateways.StartAsync(genesis.ChainId, Chain, genesis.Members, signers, stop).ConfigureAwait(false);
        try
        {
            var applied = Channel.CreateUnbounded<(long Height, long At)>();
            for (int i = 0; i < workload.Members; i++)
            {
                var system = BenchmarkSystem.Create(genesis.Members[i].Id, Chain, journals[i]);
                systems.Add(system);
                var settings = new ReplicaSettings
                {
                    Genesis = genesis,
                    Member = genesis.Members[i].Id,
                    Keys = new MemberKeys(signers[i]),
                    CreateApplication = () => new DigestApplication(),
                    Network = gateways[i],
                };
                var replica = system.ActorOf(ReplicaActor.Props(settings), "replica");
                replica.Tell(new ChainProtocol.Subscribe(system.ActorOf(Props.Create(() => new Listener(applied.Writer))), 0));
            }

            var times = await FollowAsync(applied.Reader, workload, stop).ConfigureAwait(false);
            double[] intervals = [.. times.Zip(times.Skip(1), Timing.Milliseconds)];
            double latency = Timing.Median(intervals) - workload.BlockIntervalMs;
            return new Figure("manyMembers", "ms", latency, null, new Bar(BarKind.ValueAtMost, workload.BlockIntervalMs), new Dictionary<string, double>
            {
                ["members"] = workload.Members,
                ["links"] = workload.Members * (workload.Members - 1) / 2.0,
                ["blocks"] = intervals.Length,
                ["blockIntervalMs"] = workload.BlockIntervalMs,
                ["medianIntervalMs"] = Timing.Median(intervals),
                ["longestIntervalMs"] = intervals.Max(),
            });
        }
        finally
        {
            await Task.WhenAll(systems.Select(s => s.Terminate())).ConfigureAwait(false);
            foreach (var journal in journals)
                JournalConfig.Close(journal);
            foreach (var signer in signers)
                signer.Dispose();
        }
    }

    /// <summary>When the last member had applied each block; the first, until which systems and journals start, is not counted.</summary>
    private static async Task<IReadOnlyList<long>> FollowAsync(ChannelReader<(long Height, long At)> applied, GatewayWorkload workload, CancellationToken stop)
    {
        var counts = new Dictionary<long, int>();
        var times = new List<long>();
        while (times.Count <= workload.Blocks + 1)
        {
            var (height, at) = await applied.ReadAsync(stop).AsTask().WaitAsync(Patience, stop).ConfigureAwait(false);
            int count = counts[height] = counts.GetValueOrDefault(height) + 1;
            if (count == workload.Members)
                times.Add(at);
        }

        return times[1..];
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(ChannelWriter<(long Height, long At)> applied)
        {
            Receive<ChainProtocol.BlockApplied>(block => applied.TryWrite((block.Block.Height, Stopwatch.GetTimestamp())));
            Receive<ChainProtocol.CaughtUp>(_ => { });
        }
    }
}
