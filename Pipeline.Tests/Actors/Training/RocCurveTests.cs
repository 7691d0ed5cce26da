using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Xunit;

namespace Pipeline.Tests.Actors.Training;

public sealed class RocCurveTests
{
    [Fact]
    public void Area_equals_the_share_of_ordered_pairs_ties_counting_half()
    {
        var random = new SeededRandom(5);
        for (int trial = 0; trial < 100; trial++)
        {
            int n = 2 + random.Next(40);
            float[] scores = [.. Enumerable.Range(0, n).Select(_ => random.Next(8) / 8f)];
            bool[] positive = [.. Enumerable.Range(0, n).Select(_ => random.Next(2) == 1)];
            double right = 0, pairs = 0;
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    if (!positive[i] || positive[j])
                        continue;
                    pairs++;
                    right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }

            Assert.Equal(pairs == 0 ? double.NaN : right / pairs, RocCurve.Area(scores, positive), 1e-12);
        }
    }

    [Fact]
    public void Score_of_a_perfect_and_of_a_constant_classifier()
    {
        var perfect = RocCurve.Score([0.9f, 0.1f, 0.2f, 0.8f], [0, 1], 2);
        Assert.Equal((1.0, 1.0, 2), (perfect.Auc, perfect.BalancedAccuracy, perfect.Samples));
        var constant = RocCurve.Score([0.5f, 0.5f, 0.5f, 0.5f], [0, 1], 2);
        Assert.Equal((0.5, 0.5), (constant.Auc, constant.BalancedAccuracy));
        Assert.True(double.IsNaN(RocCurve.Score([1f, 0f], [0], 2).Auc));
    }

    [Fact]
    public void Random_labels_are_balanced_and_differ_by_seed()
    {
        int[] dealt = Baselines.RandomLabels(301, 3, new SeededRandom(6));
        Assert.Equal([101, 100, 100], Enumerable.Range(0, 3).Select(c => dealt.Count(label => label == c)));
        Assert.NotEqual(dealt, Baselines.RandomLabels(301, 3, new SeededRandom(7)));
    }
}
