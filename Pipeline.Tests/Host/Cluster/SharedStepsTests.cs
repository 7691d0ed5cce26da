using Pipeline.Actors.Ingest;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Actors.Training;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Cluster;

/// <summary>Training nodes of a site share the steps of its rounds over the links between them.</summary>
[Collection("torch")]
public sealed class SharedStepsTests(ITestOutputHelper output)
{
    private static readonly RoundPolicy Policy = SyntheticImages.Policy with { LocalSteps = 12 };
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_update_that_nodes_made_together_is_that_of_one()
    {
        await using var nodes = new TrainerNodes(SyntheticImages.Task);
        var (trainer, crew) = nodes.Train("a", new MemorySamples(Samples()), Policy, Long);
        var alone = await Trained(nodes, trainer, 1);
        Assert.Equal(1, alone.Trainers);
        nodes.Help("b", Copy());
        nodes.Help("c", Copy());
        await SpreadSite.Until(() => crew.Ready.Count == 2, () => $"{crew.Ready.Count} of 2 nodes may help");
        Assert.Equal(["b", "c"], crew.Ready.Select(helper => helper.Node));

        // Another that trains has the same samples and nothing behind it either.
        var (other, others) = nodes.Train("d", new MemorySamples(Samples()), Policy, Long);
        await SpreadSite.Until(() => others.Ready.Count == 2, () => $"{others.Ready.Count} of 2 nodes may help");
        var shared = await Trained(nodes, other, 1);
        Assert.Equal(3, shared.Trainers);
        Assert.Equal(alone.TrainLoss, shared.TrainLoss, 1e-4);
        double apart = Apart(nodes.Layout, alone.Payload, shared.Payload);
        output.WriteLine($"updates apart by {apart:0.0e0} of their length");
        // Rounding to a grid may fall either way where a value is near its middle, and the smallest value selected may be another.
        Assert.InRange(apart, 0, 0.05);
    }

    [Fact]
    public async Task A_node_that_hangs_in_the_midst_of_a_round_costs_the_step_timeout_and_no_round()
    {
        await using var nodes = new TrainerNodes(SyntheticImages.Task);
        var (trainer, crew) = nodes.Train("a", new MemorySamples(Samples()), Policy, TimeSpan.FromSeconds(1));
        using var slow = new SlowSamples(Copy());
        nodes.Help("b", slow);
        await SpreadSite.Until(() => crew.Ready.Count == 1, () => "node b may not help");
        slow.Hang = true;
        var trained = await Trained(nodes, trainer, 1);
        Assert.Equal(1, trained.Trainers);
        Assert.True(slow.Asked);
        // It rests in the round after, and helps again once it answers.
        slow.Hang = false;
        Assert.Equal(1, (await Trained(nodes, trainer, 2)).Trainers);
        await SpreadSite.Until(() => crew.Ready.Count == 1, () => "node b is not asked again");
        Assert.Equal(2, (await Trained(nodes, trainer, 3)).Trainers);
    }

    [Fact]
    public async Task A_node_that_is_gone_is_done_without()
    {
        await using var nodes = new TrainerNodes(SyntheticImages.Task);
        var (trainer, crew) = nodes.Train("a", new MemorySamples(Samples()), Policy with { LocalSteps = 400, Rounds = 10 }, Long);
        nodes.Help("b", Copy());
        await SpreadSite.Until(() => crew.Ready.Count == 1, () => "node b may not help");
        var round = nodes.Round(trainer, 1);
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        await nodes["b"].Terminate();
        Assert.False(round.IsCompleted, "the round was over before the node was gone");
        Assert.IsType<TrainingProtocol.RoundTrained>(await round);
        Assert.Equal(1, (await Trained(nodes, trainer, 2)).Trainers);
    }

    [Fact]
    public async Task A_node_with_other_samples_or_another_network_takes_no_part()
    {
        await using var nodes = new TrainerNodes(SyntheticImages.Task);
        var (trainer, crew) = nodes.Train("a", new MemorySamples(Samples()), Policy, Long);
        nodes.Help("b", new MemorySamples(SyntheticImages.Samples(40, 77)));
        nodes.Help("c", Copy(), ResidualCnn.Small.Layout(SyntheticImages.Task with { Classes = ["one", "two", "three"] }));
        await SpreadSite.Until(() => crew.Ready.Count == 1, () => "node b may not help");
        Assert.Equal(1, (await Trained(nodes, trainer, 1)).Trainers);
        Assert.DoesNotContain(crew.Ready, helper => helper.Node == "c");
    }

    private static List<Sample> Samples() => SyntheticImages.Samples(40, 6);

    /// <summary>As another node has them: in another order.</summary>
    private static MemorySamples Copy() => new(Enumerable.Reverse(Samples()).ToList());

    private static async Task<TrainingProtocol.RoundTrained> Trained(TrainerNodes nodes, Akka.Actor.IActorRef trainer, long round) =>
        Assert.IsType<TrainingProtocol.RoundTrained>(await nodes.Round(trainer, round));

    private static double Apart(ModelLayout layout, byte[] first, byte[] second)
    {
        float[] zero = new float[layout.Length];
        float[] a = Pipeline.Actors.Updates.PartialUpdate.TakeBack(layout, Policy, first, zero), b = Pipeline.Actors.Updates.PartialUpdate.TakeBack(layout, Policy, second, zero);
        return Math.Sqrt(a.Zip(b, (x, y) => (double)(x - y) * (x - y)).Sum() / a.Sum(x => (double)x * x));
    }

    /// <summary>A disk that does not answer for a while.</summary>
    private sealed class SlowSamples(MemorySamples samples) : ISampleStore
    {
        private volatile bool _hang;

        public bool Hang { set => _hang = value; }

        public bool Asked { get; private set; }

        public long Version
        {
            get
            {
                Asked = true;
                SpinWait.SpinUntil(() => !_hang, Long);
                return samples.Version;
            }
        }

        public IReadOnlyList<IReadOnlyList<int>> Counts => samples.Counts;

        public void Append(IReadOnlyList<Sample> added) => samples.Append(added);

        public bool Contains(string id) => samples.Contains(id);

        public IReadOnlyList<Sample> Snapshot(DataSplit split) => samples.Snapshot(split);

        public void Dispose() => _hang = false;
    }
}
