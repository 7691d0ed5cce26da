using Pipeline.Host.Reporting;
using Xunit;

namespace Pipeline.Tests.Host.Reporting;

public sealed class DemoClaimsTests
{
    private const int Local = 0, Shuffled = 1, Collaborative = 2, Bridge = 3, Personalized = 4, Bytes = 5, Digests = 6, Journals = 7, Accounting = 8;

    [Fact]
    public void The_sample_meets_every_claim()
    {
        var claims = DemoClaims.Judge(SampleResult.Good);

        Assert.Equal(9, claims.Count);
        Assert.All(claims, claim => Assert.True(claim.Met, claim.Title));
        Assert.Equal("−11.0 points", claims[Local].Measured);
        Assert.Equal("9 vs 23 rounds", claims[Bridge].Measured);
        Assert.Equal("−0.5 points", claims[Personalized].Measured);
        Assert.Contains("hospital-3 on chest-opacity", claims[Personalized].Detail, StringComparison.Ordinal);
        Assert.Equal("1/198", claims[Bytes].Measured);
    }

    [Theory]
    [InlineData(0.85, ClaimStatus.Met)]
    [InlineData(0.8501, ClaimStatus.Missed)]
    [InlineData(double.NaN, ClaimStatus.NotMeasured)]
    public void Local_only_must_be_five_points_below_centralized(double local, ClaimStatus expected) => Check(
        Local,
        expected,
        SampleResult.WithChain(0, chain => chain with
        {
            Auc = chain.Auc with { Centralized = 0.9 },
            Sites = [.. chain.Sites.Select(site => site with { Local = local })],
        }));

    [Theory]
    [InlineData(0.56, ClaimStatus.Met)]
    [InlineData(0.44, ClaimStatus.Met)]
    [InlineData(0.5601, ClaimStatus.Missed)]
    [InlineData(0.4399, ClaimStatus.Missed)]
    [InlineData(double.NaN, ClaimStatus.NotMeasured)]
    public void Shuffled_labels_must_be_at_chance(double auc, ClaimStatus expected) =>
        Check(Shuffled, expected, SampleResult.WithChain(0, chain => chain with { Auc = chain.Auc with { ShuffledLabels = auc } }));

    [Theory]
    [InlineData(0.88, ClaimStatus.Met)]
    [InlineData(0.95, ClaimStatus.Met)]
    [InlineData(0.8799, ClaimStatus.Missed)]
    [InlineData(double.NaN, ClaimStatus.NotMeasured)]
    public void Collaborative_may_fall_two_points_short(double auc, ClaimStatus expected) => Check(
        Collaborative,
        expected,
        SampleResult.WithChain(0, chain => chain with { Auc = chain.Auc with { Centralized = 0.9, Collaborative = auc } }));

    [Theory]
    [InlineData(10, 20, ClaimStatus.Met)]
    [InlineData(10, 21, ClaimStatus.Met)]
    [InlineData(11, 21, ClaimStatus.Missed)]
    [InlineData(null, 20, ClaimStatus.Missed)]
    [InlineData(12, null, ClaimStatus.Met)]
    [InlineData(13, null, ClaimStatus.Missed)]
    [InlineData(null, null, ClaimStatus.Missed)]
    [InlineData(0, 0, ClaimStatus.Missed)]
    public void The_bridge_needs_half_the_rounds_and_an_endless_control_counts_its_last(int? with, int? without, ClaimStatus expected) => Check(
        Bridge,
        expected,
        SampleResult.Good with { Bridge = SampleResult.Good.Bridge with { RoundsToTargetWith = with, RoundsToTargetWithout = without } });

    [Fact]
    public void Without_a_control_run_the_bridge_is_not_measured()
    {
        Check(Bridge, ClaimStatus.NotMeasured, SampleResult.WithChain(1, chain => chain with { CurveWithoutBridge = [] }));
        Check(Bridge, ClaimStatus.NotMeasured, SampleResult.Good with { Bridge = SampleResult.Good.Bridge with { To = "elsewhere" } });
        Check(Bridge, ClaimStatus.NotMeasured, SampleResult.Good with { Bridge = SampleResult.Good.Bridge with { Target = double.NaN } });
        Check(Bridge, ClaimStatus.NotMeasured, SampleResult.Good with { Bridge = SampleResult.Good.Bridge with { Target = 0.59 } });
    }

    [Theory]
    [InlineData(0.70, 0.90, 0.89, ClaimStatus.Met)]
    [InlineData(0.90, 0.70, 0.89, ClaimStatus.Met)]
    [InlineData(0.70, 0.90, 0.8899, ClaimStatus.Missed)]
    [InlineData(0.90, 0.70, 0.8899, ClaimStatus.Missed)]
    [InlineData(0.70, 0.90, double.NaN, ClaimStatus.NotMeasured)]
    [InlineData(double.NaN, 0.90, 0.95, ClaimStatus.NotMeasured)]
    public void One_hospital_on_one_chain_decides_for_personal_models(double local, double collaborative, double personalized, ClaimStatus expected) =>
        Check(
            Personalized,
            expected,
            SampleResult.WithChain(1, chain => chain with
            {
                Sites = [.. chain.Sites.SkipLast(1), new DemoResult.Site("hospital-4", local, collaborative, personalized, "ensemble")],
            }));

    [Theory]
    [InlineData(3_000, 300_000, ClaimStatus.Met)]
    [InlineData(3_001, 300_000, ClaimStatus.Missed)]
    [InlineData(0, 300_000, ClaimStatus.NotMeasured)]
    public void The_chain_with_the_largest_share_decides_for_bytes(long update, long dense, ClaimStatus expected) =>
        Check(Bytes, expected, SampleResult.WithChain(1, chain => chain with { Bytes = new DemoResult.UpdateBytes(update, dense, 1) }));

    [Fact]
    public void One_chain_apart_is_enough_to_miss_and_is_named()
    {
        var digests = Check(Digests, ClaimStatus.Missed, SampleResult.WithChain(1, chain => chain with { DigestsEqual = false }));
        Assert.Contains("chest-nodule", digests.Detail, StringComparison.Ordinal);

        var journals = Check(Journals, ClaimStatus.Missed, SampleResult.WithChain(0, chain => chain with { Verify = false }));
        Assert.Contains("chest-opacity", journals.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Tampering_that_passes_is_missed() => Check(
        Journals,
        ClaimStatus.Missed,
        SampleResult.Good with { Faults = SampleResult.Good.Faults with { TamperDetected = false, TamperRecord = "" } });

    [Theory]
    [InlineData(100, 100, ClaimStatus.Met)]
    [InlineData(100, 99, ClaimStatus.Missed)]
    [InlineData(100, 101, ClaimStatus.Missed)]
    [InlineData(0, 0, ClaimStatus.NotMeasured)]
    public void What_was_acknowledged_must_be_accounted_for_exactly(long acknowledged, long accountedFor, ClaimStatus expected) => Check(
        Accounting,
        expected,
        SampleResult.Good with { Faults = SampleResult.Good.Faults with { Acknowledged = acknowledged, AccountedFor = accountedFor } });

    [Fact]
    public void A_result_without_chains_meets_nothing_but_its_accounting()
    {
        var claims = DemoClaims.Judge(SampleResult.Good with { Chains = [] });

        Assert.All(claims.Take(Accounting), claim => Assert.Equal(ClaimStatus.NotMeasured, claim.Status));
    }

    private static DemoClaim Check(int index, ClaimStatus expected, DemoResult result)
    {
        var claims = DemoClaims.Judge(result);
        Assert.Equal(expected, claims[index].Status);
        return claims[index];
    }
}
