using Pipeline.Actors.Ingest;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using TorchSharp;
using Xunit;

namespace Pipeline.Tests.Actors.Training;

/// <summary>What the allocator hands out holds what was there before; see docs/decisions/0061.</summary>
[Collection("torch")]
public sealed class UncleanMemoryTests
{
    public UncleanMemoryTests() => Assert.Null(new TorchRuntime().Load());

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int>();
            foreach (string id in ArchitectureCatalog.Ids.Where(id => id is not ("resnet-18" or "resnet-18-half")))
            {
                foreach (int side in (int[])[32, 50, 64])
                {
                    foreach (int count in (int[])[1, 3, 16])
                        cases.Add(id, side, count);
                }
            }

            // Millions of weights take their time.
            cases.Add("resnet-18", 32, 3);
            cases.Add("resnet-18-half", 32, 3);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void No_pass_of_an_architecture_reads_what_it_did_not_write(string id, int side, int count)
    {
        var architecture = ArchitectureCatalog.Create(id);
        var layout = architecture.Layout(SyntheticImages.Task with { Architecture = id, Height = side, Width = side });
        var network = new TrainingNetwork(architecture, layout, torch.CPU);
        float[] weights = architecture.Initialize(layout, 1), gradient = new float[layout.Length];
        var random = new SeededRandom(3);
        var set = ImageSet.Of(
            [.. Enumerable.Range(0, count).Select(i => new Sample($"{i}", $"{i}", i % 2, DataSplit.Train, side, side, [.. Enumerable.Range(0, side * side).Select(_ => (ushort)random.Next(65536))]))],
            side, side);
        long[] labels = [.. set.Labels.Select(label => (long)label)];
        for (int i = 0; i < 3; i++)
        {
            Soil();
            Assert.True(double.IsFinite(network.Gradient(weights, set.Pixels, labels, side, side, [1, 1], gradient)), "the loss");
            Assert.DoesNotContain(gradient, value => !float.IsFinite(value));
            Soil();
            Assert.DoesNotContain(network.Predict(weights, set).Features, value => !float.IsFinite(value));
        }
    }

    [Fact]
    public void Freed_memory_is_handed_out_as_it_was_left()
    {
        Soil();
        using var scope = torch.NewDisposeScope();
        Assert.Contains((long[])[100, 1_000, 10_000, 100_000], size => torch.empty([size]).isnan().any().item<bool>());
    }

    [Fact]
    public void Channels_in_part_of_a_block_are_refused()
    {
        var plan = new ConvolutionPlan();
        Assert.Contains("multiples of 16", Assert.Throws<ArgumentException>(() => plan.Add("a", 1, 20, 3)).Message, StringComparison.Ordinal);
        Assert.Contains("takes 24 channels", Assert.Throws<ArgumentException>(() => plan.Add("b", 24, 16, 3)).Message, StringComparison.Ordinal);
    }

    /// <summary>Frees blocks of every size, full of NaN.</summary>
    private static void Soil()
    {
        using var scope = torch.NewDisposeScope();
        for (long size = 16; size < 2_000_000; size = size * 5 / 4 + 16)
        {
            for (int i = 0; i < (size < 100_000 ? 6 : 2); i++)
                torch.full([size], float.NaN);
        }
    }
}
