using Pipeline.Actors.Privacy;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Actors.Privacy;

public sealed class PrivacyUnitsTests
{
    [Fact]
    public void A_patient_is_one_unit_whatever_the_number_of_images()
    {
        string[] patients = ["p", "q", "p", "r", "p"];
        Assert.Equal([[0, 2, 4], [1], [3]], PrivacyUnits.Of(PrivacyUnit.Patient, patients));
        Assert.Equal(5, PrivacyUnits.Of(PrivacyUnit.Image, patients).Length);
    }

    [Fact]
    public void Every_unit_is_sampled_by_itself_at_the_rate()
    {
        var noise = new SeededNoise(new SeededRandom(1));
        var sizes = new List<int>();
        var counts = new int[50];
        for (int i = 0; i < 4000; i++)
        {
            var sample = PrivacyUnits.Sample(50, 0.04, noise);
            sizes.Add(sample.Count);
            sample.ForEach(unit => counts[unit]++);
        }

        // Binomial(50, 0.04): mean 2, variance 1.92, and e^−2 ≈ 13 % of samples empty.
        Assert.InRange(sizes.Average(), 1.9, 2.1);
        Assert.InRange(sizes.Average(s => Math.Pow(s - 2, 2)), 1.7, 2.15);
        Assert.InRange(sizes.Count(s => s == 0) / 4000.0, 0.11, 0.15);
        Assert.All(counts, count => Assert.InRange(count, 100, 230));
        Assert.Equal(50, PrivacyUnits.Sample(50, 1, noise).Count);
    }

    [Fact]
    public void Images_above_the_cap_are_left_out_at_random()
    {
        var noise = new SeededNoise(new SeededRandom(2));
        var counts = new int[5];
        for (int i = 0; i < 2000; i++)
        {
            int[] chosen = PrivacyUnits.Choose([0, 1, 2, 3, 4], 2, noise);
            Assert.Equal(2, chosen.Distinct().Count());
            foreach (int image in chosen)
                counts[image]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 680, 920));
        Assert.Equal([7, 9], PrivacyUnits.Choose([7, 9], 2, noise));
    }

    [Fact]
    public void A_site_makes_the_chains_terms_stricter_and_never_laxer()
    {
        var policy = Pipeline.Tests.Actors.Training.SyntheticImages.Policy with
        {
            Privacy = new PrivacyPolicy(PrivacyUnit.Patient, 3, RoundPolicy.One / 2, 1_200_000, 10_000, 4_000_000),
        };
        var plain = PrivacyTerms.Of(policy, PrivacyLimits.None);
        Assert.Equal((0.5, 1.2, 4.0), (plain.Clip, plain.Noise, plain.Budget));
        Assert.Equal(1e-5, plain.Delta, 1e-15);
        var strict = PrivacyTerms.Of(policy, new PrivacyLimits(2, 1.5));
        Assert.Equal((1.5, 2.0), (strict.Noise, strict.Budget));
        var lax = PrivacyTerms.Of(policy, new PrivacyLimits(9, 0.1));
        Assert.Equal((1.2, 4.0), (lax.Noise, lax.Budget));
        Assert.Equal((0.16, 1.0), (plain.Rate(100), plain.Rate(16)));
    }
}
