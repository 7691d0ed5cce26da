using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Benchmarks;

/// <summary>The integer step of a round: thirty decoded updates at a density of 1 % into a model's next weights and momentum.</summary>
internal static class Aggregation
{
    private const int Updates = 30;
    private const int Stride = 100;
    private const int Magnitude = 1 << 16;

    // Each round makes two vectors of 40 MB. Until the heap has room for them they stand on pages never touched, which a virtual machine may hand out slowly:
    // those rounds are told apart, and enough are counted that the median is that of a heap that has its room.
    private const int Cold = 24;
    private const int Warm = 25;

    public static Figure Measure(LedgerWorkload workload)
    {
        var layout = new ModelLayout([new TensorLayout("backbone", [workload.Parameters], ParameterRole.Backbone, 20)]);
        var policy = new RoundPolicy(
            10, 1, 10, 1, 1, 1000, 0, 1_000_000 / Stride, long.MaxValue, RoundPolicy.One / 2, RoundPolicy.One, 0, [], 0);
        var random = new Random(1);
        var updates = new DecodedUpdate[Updates];
        for (int u = 0; u < updates.Length; u++)
        {
            int[] indices = [.. Enumerable.Range(0, workload.Parameters / Stride).Select(k => k * Stride + random.Next(Stride))];
            updates[u] = new DecodedUpdate(1, Digest.Zero, indices, [.. indices.Select(_ => random.Next(-Magnitude, Magnitude))]);
        }

        // A round follows on the one before, with momentum everywhere.
        var rule = new MeanRule();
        var model = IntegerAggregator.Step(new FixedPointModel(layout, new int[layout.Length], new int[layout.Length]), policy, rule, updates);
        List<double> cold = [], times = [], processor = [];
        for (int i = 0; i < Cold; i++)
            cold.Add(Timing.Of(() => model = IntegerAggregator.Step(model, policy, rule, updates)));
        for (int i = 0; i < Warm; i++)
        {
            var before = Environment.CpuUsage.TotalTime;
            times.Add(Timing.Of(() => model = IntegerAggregator.Step(model, policy, rule, updates)));
            processor.Add((Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
        }

        return new Figure(
            "aggregation", "ms", Timing.Median(times), null, new Bar(BarKind.ValueAtMost, 100),
            new Dictionary<string, double>
            {
                ["parameters"] = workload.Parameters,
                ["updates"] = Updates,
                ["slowestMs"] = times.Max(),
                ["coldMs"] = cold.Max(),
                ["processorMs"] = Timing.Median(processor),
            });
    }
}
