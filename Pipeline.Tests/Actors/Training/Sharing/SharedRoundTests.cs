using Pipeline.Actors.Training;
using Pipeline.Actors.Training.Sharing;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using TorchSharp;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Training.Sharing;

/// <summary>Parts of a step add up to the step.</summary>
[Collection("torch")]
public sealed class SharedRoundTests
{
    /// <summary>Of the gradient's length: additions in another order, and other sub-batches in libtorch.</summary>
    private const double Rounding = 1e-6;

    /// <summary>Of the way that the weights go in a round: AdamW divides by the gradient's own size, and where that is nothing but rounding, a step is too.</summary>
    private const double Drift = 1e-4;

    private readonly ITestOutputHelper _output;

    public SharedRoundTests(ITestOutputHelper output)
    {
        _output = output;
        Assert.Null(new TorchRuntime().Load());
    }

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (string id in ArchitectureCatalog.Ids)
            {
                foreach (int trainers in (int[])[2, 3])
                    cases.Add(id, trainers);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Parts_of_a_batch_add_up_to_its_gradient(string architecture, int trainers)
    {
        var network = ArchitectureCatalog.Create(architecture);
        var task = SyntheticImages.Task with { Architecture = architecture };
        var layout = network.Layout(task);
        var samples = SyntheticImages.Samples(13, 4);
        var data = ImageSet.Of(samples, SyntheticImages.Side, SyntheticImages.Side);
        var random = new SeededRandom(5);
        DrawnImage[] batch = [.. Enumerable.Range(0, data.Count).Select(i => new DrawnImage(data.Count - 1 - i, Augmentation.Default.Draw(random)))];
        float[] weights = network.Initialize(layout, 3), classWeights = [0.5f, 2];
        var own = new PartGradient(new TrainingNetwork(network, layout, torch.CPU));
        float[] alone = new float[layout.Length], shared = new float[layout.Length];
        double expected = own.Of(weights, data, batch, classWeights, PartGradient.WeightOf(data, batch, classWeights), alone);

        LocalHelper[] helpers = [.. Enumerable.Range(1, trainers - 1).Select(i => Helper(task, samples, $"n{i}"))];
        var round = new SharedRound(helpers, TimeSpan.FromMinutes(1), TimeProvider.System, (_, why) => Assert.Fail(why), default);
        double loss = round.Gradient(own, weights, data, batch, classWeights, shared);

        double error = Distance(shared, alone) / Norm(alone);
        _output.WriteLine($"{architecture}, {trainers} trainers: {error:0.0e0} of the gradient, loss {expected:0.000000} and {loss:0.000000}");
        Assert.Equal(expected, loss, 1e-5);
        Assert.InRange(error, 0, Rounding);
        Assert.Equal(trainers, round.Trainers);
        Assert.All(helpers, helper => Assert.Equal(1, helper.Begun));
    }

    [Fact]
    public void A_round_that_is_shared_ends_where_it_ends_alone()
    {
        float[] alone = Train(null, out var start), shared = Train(Helper(SyntheticImages.Task, Samples, "b"), out _);
        double moved = Distance(alone, start), apart = Distance(alone, shared);
        _output.WriteLine($"moved by {moved:0.000}, apart by {apart:0.0e0}");
        Assert.InRange(apart / moved, 0, Drift);
    }

    [Theory]
    [InlineData("lost")]
    [InlineData("shorter")]
    [InlineData("not a number")]
    public void A_trainer_that_fails_in_the_midst_of_a_round_is_left_out_and_its_part_is_computed_here(string how)
    {
        var helper = Helper(SyntheticImages.Task, Samples, "b");
        helper.Instead = step => step != 3 ? null : how switch
        {
            "lost" => GradientPart.Failed("lost"),
            "shorter" => new GradientPart(1, new float[7]),
            _ => new GradientPart(double.NaN, new float[ResidualCnn.Small.Layout(SyntheticImages.Task).Length]),
        };
        float[] alone = Train(null, out var start), shared = Train(helper, out _, out var round);
        Assert.Equal((3, 1), (helper.Begun, helper.Left));
        Assert.Equal(["b"], round.Failed);
        Assert.Empty(round.Helped);
        Assert.Equal(2, round.Trainers);
        Assert.Equal([2, 2, 1, 1, 1], round.Times.Select(time => time.Parts));
        Assert.InRange(Distance(alone, shared) / Distance(alone, start), 0, Drift);
    }

    [Fact]
    public void Images_that_come_later_are_found_then_and_those_that_went_are_not()
    {
        var samples = new List<Pipeline.Actors.Ingest.Sample>(SyntheticImages.Samples(4, 1));
        var (network, later) = (ResidualCnn.Small, SyntheticImages.Samples(4, 2));
        var layout = network.Layout(SyntheticImages.Task);
        var trainer = new PartTrainer(network, SyntheticImages.Task, new MemorySamples(samples), torch.CPU, default);
        var unchanged = new AugmentationDraw(0, 0, false, 1, 0);
        var work = new GradientWork(network.Initialize(layout, 1), [.. later.Select(sample => new MarkedImage(SampleMark.Of(sample), unchanged))], [1, 1], 4);
        Assert.Contains("not all of the images", trainer.Compute(work).Fault, StringComparison.Ordinal);
        samples.AddRange(later);
        Assert.Null(trainer.Compute(work).Fault);
        samples.RemoveRange(4, 4);
        trainer.Forget();
        Assert.NotNull(trainer.Compute(work).Fault);
        Assert.NotNull(trainer.Compute(work with { Weights = [1] }).Fault);
        Assert.NotEqual(SampleMark.Of(later[0]), SampleMark.Of(later[0] with { Label = 1 }));
    }

    private static List<Pipeline.Actors.Ingest.Sample> Samples => SyntheticImages.Samples(40, 6);

    private static LocalHelper Helper(TaskDescriptor task, List<Pipeline.Actors.Ingest.Sample> samples, string node)
    {
        // As another node has them: in another order, and with some that are not here.
        var copy = Enumerable.Reverse(samples).Concat(SyntheticImages.Samples(3, 99)).ToList();
        return new LocalHelper(node, new PartTrainer(ArchitectureCatalog.Create(task.Architecture), task, new MemorySamples(copy), torch.CPU, default));
    }

    private static float[] Train(LocalHelper? helper, out float[] start) => Train(helper, out start, out _);

    private static float[] Train(LocalHelper? helper, out float[] start, out SharedRound round)
    {
        var trainer = new SiteTrainer(ResidualCnn.Small, SyntheticImages.Task, TrainerSettings.Default);
        start = ResidualCnn.Small.Initialize(trainer.Layout, 7);
        round = new SharedRound(helper is null ? [] : [helper], TimeSpan.FromMinutes(1), TimeProvider.System, (_, _) => { }, default);
        var data = ImageSet.Of(Samples, SyntheticImages.Side, SyntheticImages.Side);
        var training = trainer.Train(2, start, data, SyntheticImages.Policy, new SeededRandom(1), helper is null ? null : round);
        Assert.Null(training.Error);
        return training.Weights;
    }

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(v => (double)v * v));

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => (double)(x - y) * (x - y)).Sum());
}
