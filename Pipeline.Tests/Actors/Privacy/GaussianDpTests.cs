using Pipeline.Actors.Privacy;
using Xunit;

namespace Pipeline.Tests.Actors.Privacy;

public sealed class GaussianDpTests
{
    [Theory]
    [InlineData(1, 0.575)]
    [InlineData(2, 0.639)]
    [InlineData(4, 0.743)]
    [InlineData(8, 0.881)]
    public void The_ceiling_on_membership_is_the_known_one(double epsilon, double auc) =>
        Assert.Equal(auc, GaussianDp.MembershipAucCeiling(epsilon, 1e-5), 5.1e-4);

    [Fact]
    public void The_curve_passes_through_its_point() =>
        Assert.All((double[])[0.1, 1, 3, 8], epsilon => Assert.Equal(1e-6, GaussianDp.Delta(GaussianDp.Mu(epsilon, 1e-6), epsilon), 1e-16));

    /// <summary>Reference values of Φ to 16 digits.</summary>
    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.8413447460685429)]
    [InlineData(-1.96, 0.024997895148220435)]
    [InlineData(-5, 2.866515718791939e-07)]
    [InlineData(-20, 2.7536241186062337e-89)]
    [InlineData(3, 0.9986501019683699)]
    public void The_normal_distribution_keeps_its_digits_in_the_tail(double x, double value) =>
        Assert.InRange(SpecialFunctions.NormalCdf(x) / value, 1 - 1e-13, 1 + 1e-13);
}
