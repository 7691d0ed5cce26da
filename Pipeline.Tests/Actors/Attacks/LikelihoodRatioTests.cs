using Pipeline.Actors.Attacks;
using Pipeline.Actors.Updates;
using Xunit;

namespace Pipeline.Tests.Actors.Attacks;

public sealed class LikelihoodRatioTests
{
    private const int Images = 400, Shadows = 16;

    private readonly string[] _patients = [.. Enumerable.Range(0, Images).Select(i => $"p{i / 2}")];

    [Fact]
    public void Every_patient_is_in_half_of_the_shadow_models_with_all_images()
    {
        bool[][] took = LikelihoodRatio.Halves(_patients, Shadows, new SeededRandom(3));
        for (int i = 0; i < Images; i++)
        {
            Assert.Equal(Shadows / 2, took.Count(t => t[i]));
            Assert.All(took, t => Assert.Equal(t[i ^ 1], t[i]));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => LikelihoodRatio.Halves(_patients, 3, new SeededRandom(3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => LikelihoodRatio.Halves(_patients, 0, new SeededRandom(3)));
    }

    /// <summary>Hard images have larger losses whether trained on or not: one threshold for all is blind to what each image's own threshold tells.</summary>
    [Fact]
    public void Where_images_differ_in_difficulty_it_tells_what_one_threshold_cannot()
    {
        var random = new SeededRandom(5);
        double[] difficulty = [.. Enumerable.Range(0, Images).Select(_ => random.NextDouble(-20, 20))];
        bool[][] took = LikelihoodRatio.Halves(_patients, Shadows, random);
        double[][] shadows = [.. took.Select(t => Losses(i => t[i]))];
        double[] target = Losses(i => i % 4 < 2);
        double[] scores = [.. LikelihoodRatio.Scores(target, shadows, took).Select(s => -s)];

        Assert.InRange(Auc(target), 0.4, 0.6);
        Assert.InRange(Auc(scores), 0.95, 1);
        Assert.InRange(Membership.Found(Part(scores, true), Part(scores, false), 0.01), 0.5, 1);

        double[] Losses(Func<int, bool> isIn) =>
            [.. difficulty.Select((d, i) => Loss(d + (isIn(i) ? 3 : 0) + random.NextGaussian()))];

        static double Loss(double logOdds) => Math.Log(1 + Math.Exp(-logOdds));

        static double[] Part(double[] values, bool isIn) => [.. values.Where((_, i) => i % 4 < 2 == isIn)];

        static double Auc(double[] values) => Membership.Auc(Part(values, true), Part(values, false));
    }

    [Fact]
    public void The_logit_of_the_true_class_is_bounded() => Assert.All(
        new[] { 0, 1e-300, 1, 1000, double.PositiveInfinity }, loss => Assert.InRange(LikelihoodRatio.LogOdds(loss), -30, 30));

    [Fact]
    public void Found_counts_members_below_all_but_the_false_alarms()
    {
        double[] others = [.. Enumerable.Range(0, 100).Select(i => (double)i)];
        Assert.Equal(0.5, Membership.Found([0.5, 1.5], others, 0.01));
        Assert.Equal(1, Membership.Found([0.5, 1.5], others, 0.02));
    }
}
