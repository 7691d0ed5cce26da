using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

public sealed class PolicyCatalogTests
{
    [Fact]
    public void The_named_policies_are_legal_on_a_chain()
    {
        foreach (var policy in PolicyCatalog.All.Select(p => p.Policy))
        {
            Assert.True(Canonical.TryDecode(Canonical.Encode(policy), out RoundPolicy? read, out string? error), error);
            Assert.Equal(policy with { BridgeGrants = read.BridgeGrants }, read);
        }
    }

    [Fact]
    public void A_setting_is_replaced_in_the_units_people_use()
    {
        var policy = PolicyCatalog.With(PolicyCatalog.With(PolicyCatalog.Default, "rate", "0.005"), "density", "0.02");
        Assert.Equal((5_000, 20_000), (policy.LearningRatePpm, policy.DensityPpm));
        Assert.Equal(32_768, PolicyCatalog.With(policy, "server-momentum", "0.5").ServerMomentumQ16);
        var update = PolicyCatalog.With(PolicyCatalog.With(PolicyCatalog.With(policy, "values", "int4"), "selection", "random-threshold"), "proximal", "0.01").Update;
        Assert.Equal(new UpdatePolicy(UpdateSelection.RandomThreshold, ValueFormat.Int4, 10_000), update);
        Assert.Equal(500_000, PolicyCatalog.With(policy, "prior", "0.5").Update!.PriorPpm);
        Assert.Equal(300, PolicyCatalog.With(policy, "typical-images", "300").Update!.TypicalImages);
        Assert.Equal(UpdateSelection.LargestOfTensor, PolicyCatalog.With(policy, "selection", "largest-of-tensor").Update!.Selection);
        Assert.Equal(UpdateSelection.Rotating, PolicyCatalog.With(policy, "selection", "rotating").Update!.Selection);
        Assert.Null(PolicyCatalog.With(PolicyCatalog.With(policy, "values", "int4"), "values", "int8").Update);
    }

    [Fact]
    public void A_trial_is_set_by_either_of_its_settings_and_is_none_where_one_is_zero()
    {
        Assert.Null(PolicyCatalog.Default.Trial);
        Assert.Equal(new TrialPolicy(12, 200_000, 50_000), PolicyCatalog.With(PolicyCatalog.Default, "trial-rounds", "12").Trial);
        Assert.Equal(new TrialPolicy(12, 500_000, 50_000), PolicyCatalog.With(PolicyCatalog.With(PolicyCatalog.Default, "trial-share", "0.5"), "trial-rounds", "12").Trial);
        Assert.Null(PolicyCatalog.With(PolicyCatalog.With(PolicyCatalog.Default, "trial-share", "0.5"), "trial-rounds", "0").Trial);
        Assert.Null(PolicyCatalog.With(PolicyCatalog.Default, "trial-share", "0").Trial);
        var (setting, why) = PolicyCatalog.With(PolicyCatalog.With(PolicyCatalog.Default, "rounds", "40"), "trial-rounds", "6").Contradiction()!.Value;
        Assert.Equal("trial-rounds", setting);
        Assert.Contains("a trial takes 12 rounds, and trials may take 8 of 40", why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trial-rounds", "-1")]
    [InlineData("trial-share", "2")]
    [InlineData("rate", "fast")]
    [InlineData("density", "2")]
    [InlineData("rounds", "0")]
    [InlineData("values", "int16")]
    [InlineData("speed", "1")]
    public void What_is_not_legal_is_refused_with_what_is(string name, string value) =>
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => PolicyCatalog.With(PolicyCatalog.Default, name, value)).Message, StringComparison.Ordinal);
}
