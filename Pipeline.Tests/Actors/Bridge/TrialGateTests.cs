using Pipeline.Actors.Bridge;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Xunit;

namespace Pipeline.Tests.Actors.Bridge;

public sealed class TrialGateTests
{
    private static readonly TrialGate Gate = new(2, 0.66);

    [Fact]
    public void The_better_branch_is_taken_and_the_same_or_a_worse_one_is_not()
    {
        int[] labels = [.. Enumerable.Range(0, 12).Select(i => i % 2)];
        string[] patients = [.. Enumerable.Range(0, 12).Select(i => $"p{i}")];
        float[] good = Rows([.. labels.Select(l => l == 1 ? 0.9f : 0.1f)]), poor = Rows([.. labels.Select((l, i) => i < 4 ? 1 - l : l == 1 ? 0.8f : 0.2f)]);

        var better = Gate.Judge(poor, good, labels, patients, Digest.Of([1]));
        Assert.True(better is { Accept: true, Gain: > 0.2, GainLowerBound: > 0 }, better.Reason);
        Assert.Matches(@"^the branch with the backbone gains 0\.\d{3} AUC on 12 held-out images, patients resampled, at least 0\.\d{3}$", better.Reason);
        var same = Gate.Judge(good, good, labels, patients, Digest.Of([1]));
        Assert.False(same.Accept);
        Assert.Equal((0, 0), (same.Gain, same.GainLowerBound));
        Assert.False(Gate.Judge(good, poor, labels, patients, Digest.Of([1])).Accept);
    }

    [Fact]
    public void A_site_of_one_held_out_patient_has_a_bound_by_its_images()
    {
        int[] labels = [0, 1, 0, 1, 0, 1];
        float[] own = Rows(0.1f, 0.9f, 0.7f, 0.2f, 0.3f, 0.4f), offered = Rows(0.1f, 0.9f, 0.2f, 0.8f, 0.3f, 0.7f);
        var decision = Gate.Judge(own, offered, labels, ["a", "a", "a", "a", "a", "a"], Digest.Of([1]));
        Assert.True(double.IsFinite(decision.GainLowerBound));
        Assert.Contains("images resampled", decision.Reason, StringComparison.Ordinal);
        Assert.Contains("patients resampled", Gate.Judge(own, offered, labels, ["a", "b", "c", "d", "e", "e"], Digest.Of([1])).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_site_without_two_images_of_a_class_cannot_tell()
    {
        Assert.Contains("fewer than 2 held-out images of a class", Gate.Shortage([0, 0, 1]), StringComparison.Ordinal);
        Assert.NotNull(Gate.Shortage([]));
        Assert.Null(Gate.Shortage([0, 0, 1, 1]));
        Assert.Throws<ArgumentException>(() => Gate.Judge(Rows(0.1f), Rows(0.1f), [0], ["a"], Digest.Of([1])));
    }

    /// <summary>Two branches that are alike but for chance: one site is fooled as often as its confidence says, and n−f of five seldom.</summary>
    [Fact]
    public void Branches_of_no_difference_seldom_persuade_a_quorum()
    {
        const int trials = 200;
        var random = new SeededRandom(5);
        var gate = new TrialGate(2, GateQuorum.SiteConfidence(5, 4));
        int[] labels = [.. Enumerable.Range(0, 16).Select(i => i % 2)];
        string[] patients = [.. Enumerable.Range(0, 16).Select(i => $"p{i}")];
        int taken = 0;
        for (int t = 0; t < trials; t++)
        {
            int votes = Enumerable.Range(0, 5).Count(site => gate.Judge(Draw(), Draw(), labels, patients, Digest.Of([(byte)t, (byte)site])).Accept);
            taken += votes >= 4 ? 1 : 0;
        }

        Assert.True(taken <= 0.1 * trials, $"{taken} of {trials} taken");

        float[] Draw() => Rows([.. labels.Select(l => (float)(0.5 + 0.1 * (l - 0.5 + random.NextGaussian())))]);
    }

    private static float[] Rows(params float[] positive) => [.. positive.SelectMany(p => new[] { 1 - p, p })];
}
