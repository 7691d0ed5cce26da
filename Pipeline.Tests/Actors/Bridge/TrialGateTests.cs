using Pipeline.Actors.Bridge;
using Pipeline.Actors.Training;
using Xunit;

namespace Pipeline.Tests.Actors.Bridge;

public sealed class TrialGateTests
{
    private static readonly TrialGate Gate = new(2);

    [Fact]
    public void The_gain_of_the_branch_with_the_backbone_is_of_held_out_area_under_the_curve()
    {
        int[] labels = [.. Enumerable.Range(0, 12).Select(i => i % 2)];
        float[] good = Rows([.. labels.Select(l => l == 1 ? 0.9f : 0.1f)]), even = Rows([.. labels.Select(_ => 0.5f)]);

        var better = Gate.Judge(even, good, labels);
        Assert.True(better is { Accept: true, Gain: 0.5 }, better.Reason);
        Assert.Equal("AUC 1.000 with the backbone and 0.500 without it, on 12 held-out images", better.Reason);
        Assert.True(Gate.Judge(good, good, labels) is { Accept: false, Gain: 0 });
        Assert.True(Gate.Judge(good, even, labels) is { Accept: false, Gain: -0.5 });
    }

    [Fact]
    public void A_site_without_two_images_of_a_class_cannot_tell()
    {
        Assert.Contains("fewer than 2 held-out images of a class", Gate.Shortage([0, 0, 1]), StringComparison.Ordinal);
        Assert.NotNull(Gate.Shortage([]));
        Assert.Null(Gate.Shortage([0, 0, 1, 1]));
        Assert.Throws<ArgumentException>(() => Gate.Judge(Rows(0.1f), Rows(0.1f), [0]));
    }

    [Fact]
    public void A_model_that_says_nothing_ranks_nothing()
    {
        float[] nothing = [.. Enumerable.Repeat(float.NaN, 8)];
        Assert.Equal(-0.5, Gate.Judge(Rows(0.1f, 0.2f, 0.8f, 0.9f), nothing, [0, 0, 1, 1]).Gain);
        Assert.Equal(0.5, RocCurve.Area([float.NaN, float.NaN], [true, false]));
        Assert.Equal(0, RocCurve.Area([float.NaN, 0], [true, false]));
    }

    private static float[] Rows(params float[] positive) => [.. positive.SelectMany(p => new[] { 1 - p, p })];
}
