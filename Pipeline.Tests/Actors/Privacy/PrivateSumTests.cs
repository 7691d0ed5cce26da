using CsCheck;
using Pipeline.Actors.Privacy;
using Pipeline.Actors.Updates;
using Xunit;

namespace Pipeline.Tests.Actors.Privacy;

public sealed class PrivateSumTests
{
    [Fact]
    public void One_unit_moves_the_sum_by_the_clipping_norm_at_most() =>
        Gen.Select(Gen.Float[-1000, 1000].Array[8], Gen.Float[-1000, 1000].Array[8].Array[0, 5], Gen.Double[0.01, 100]).Sample((one, others, clip) =>
        {
            float[] with = Sum([.. others, one], clip), without = Sum(others, clip);
            double moved = Math.Sqrt(with.Zip(without, (a, b) => Math.Pow((double)a - b, 2)).Sum());
            return moved <= clip * (1 + 1e-4);
        });

    [Fact]
    public void A_gradient_within_the_bound_is_added_as_it_is_and_a_longer_one_keeps_its_direction()
    {
        Assert.Equal([3f, 4f], Sum([[3f, 4f]], 5));
        Assert.Equal([0.6f, 0.8f], Sum([[3f, 4f]], 1));
        Assert.Equal([6f, 8f], Sum([[3f, 4f]], 100, scale: 2));
        Assert.Equal([0.6f, 0.8f], Sum([[3f, 4f]], 1, scale: 2));
    }

    [Fact]
    public void Only_the_parts_that_are_released_count_towards_the_bound_and_bear_noise()
    {
        var sum = new PrivateSum(5, 1, [1..3, 4..5]);
        float[] mean = [9, 9, 9, 9, 9];
        sum.Add([100f, 0.6f, 0f, float.NaN, 0.8f]);
        sum.Release(0, 1, new CryptographicNoise(), mean);
        Assert.Equal([9f, 0.6f, 0f, 9f, 0.8f], mean);
        sum.Release(1, 1, new CryptographicNoise(), mean);
        Assert.Equal((9f, 9f), (mean[0], mean[3]));
        Assert.All([mean[1], mean[2], mean[4]], value => Assert.NotEqual(0, value));
    }

    [Fact]
    public void A_gradient_that_is_not_finite_adds_nothing()
    {
        Assert.Equal([1f, 0f], Sum([[1f, 0f], [float.NaN, 1f], [float.PositiveInfinity, 0f]], 10));
    }

    [Fact]
    public void Noise_has_the_deviation_of_noise_times_bound_by_the_expected_number()
    {
        const int length = 40_000;
        var sum = new PrivateSum(length, 2);
        var mean = new float[length];
        sum.Release(1.5, 4, new CryptographicNoise(), mean);
        // Standard error of the deviation is 1/√(2n) = 0.35 %.
        Assert.InRange(Math.Sqrt(mean.Sum(v => (double)v * v) / length), 0.75 * 0.97, 0.75 * 1.03);
        Assert.InRange(mean.Average(), -0.02, 0.02);
    }

    [Fact]
    public void Two_releases_of_a_site_do_not_repeat_their_noise_and_seeded_ones_do()
    {
        Assert.NotEqual(Noise(new CryptographicNoise()), Noise(new CryptographicNoise()));
        Assert.Equal(Noise(new SeededNoise(new SeededRandom(5))), Noise(new SeededNoise(new SeededRandom(5))));
    }

    [Fact]
    public void A_release_starts_anew()
    {
        var sum = new PrivateSum(2, 10);
        var mean = new float[2];
        sum.Add([3f, 4f]);
        sum.Release(0, 1, new CryptographicNoise(), mean);
        sum.Release(0, 1, new CryptographicNoise(), mean);
        Assert.Equal([0f, 0f], mean);
    }

    private static float[] Noise(IPrivacyNoise noise)
    {
        var mean = new float[64];
        new PrivateSum(64, 1).Release(1, 1, noise, mean);
        return mean;
    }

    private static float[] Sum(float[][] gradients, double clip, double scale = 1)
    {
        int length = gradients.Length == 0 ? 8 : gradients[0].Length;
        var sum = new PrivateSum(length, clip);
        foreach (float[] gradient in gradients)
            sum.Add(gradient, scale);
        var mean = new float[length];
        sum.Release(0, 1, new CryptographicNoise(), mean);
        return mean;
    }
}
