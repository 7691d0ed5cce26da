using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Xunit;

namespace Pipeline.Tests.Actors.Training;

public sealed class CalibrationTests
{
    [Fact]
    public void Confidence_beyond_accuracy_is_the_error()
    {
        Assert.Equal(0, Calibration.Error([1, 0, 0, 1], [0, 1], 2), 6);
        Assert.Equal(0.4, Calibration.Error([0.9f, 0.1f, 0.9f, 0.1f], [0, 1], 2), 5);
        Assert.True(double.IsNaN(Calibration.Error([], [], 2)));
    }

    [Fact]
    public void A_balanced_loss_weighs_classes_alike_and_bounds_a_confident_error()
    {
        double[] losses = BalancedLoss.Of([0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 1, 0], [0, 0, 0, 1], 2);
        Assert.Equal((Math.Log(2) - Math.Log(0.01)) / 2, losses.Average(), 5);
    }

    [Fact]
    public void A_single_patient_bounds_nothing_and_equal_gains_bound_themselves()
    {
        var random = new SeededRandom(1);
        Assert.Equal(double.NegativeInfinity, PairedBootstrap.MeanGainBound([1, 1], ["a", "a"], 0.9, random));
        Assert.Equal(0.5, PairedBootstrap.MeanGainBound([0.5, 0.5, 0.5], ["a", "b", "c"], 0.9, random), 9);
        var (gain, bound) = PairedBootstrap.MacroAreaGain(
            [0.9f, 0.1f, 0.1f, 0.9f], [0.1f, 0.9f, 0.9f, 0.1f], [0, 1], ["a", "a"], 2, 0.9, random);
        Assert.Equal((1, double.NegativeInfinity), (gain, bound));
        Assert.True(PairedBootstrap.MeanGainBound([1, -1, 1, -1], ["a", "b", "c", "d"], 0.9, random) < 0);
    }

    [Fact]
    public void Areas_of_folds_are_compared_fold_by_fold()
    {
        // Ranks within each fold are the reference's; the second fold's model answers on a scale that ends below the first's.
        int[] labels = [0, 1, 0, 1, 0, 1, 0, 1], folds = [0, 0, 0, 0, 1, 1, 1, 1];
        string[] patients = [.. Enumerable.Range(0, labels.Length).Select(i => $"{i}")];
        float[] reference = Rows(.1f, .9f, .2f, .8f, .1f, .9f, .2f, .8f), candidate = Rows(.7f, .9f, .75f, .8f, .1f, .3f, .2f, .25f);

        var whole = PairedBootstrap.MacroAreaGain(candidate, reference, labels, patients, 2, 0.9, new SeededRandom(1));
        var byFold = PairedBootstrap.MacroAreaGain(candidate, reference, labels, patients, 2, 0.9, new SeededRandom(1), folds: folds);

        Assert.True(whole.Gain < -0.2 && whole.LowerBound < whole.Gain, $"{whole}");
        Assert.Equal((0, 0), byFold);

        static float[] Rows(params float[] positive) => [.. positive.SelectMany(p => new[] { 1 - p, p })];
    }
}
