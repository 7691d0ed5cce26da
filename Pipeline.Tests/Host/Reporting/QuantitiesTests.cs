using Pipeline.Host.Reporting;
using Xunit;

namespace Pipeline.Tests.Host.Reporting;

public sealed class QuantitiesTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1_000, "1.0 kB")]
    [InlineData(999_949, "999.9 kB")]
    [InlineData(999_950, "1.0 MB")]
    [InlineData(3_400_000_000, "3.4 GB")]
    public void Bytes_take_the_unit_that_keeps_three_digits(double bytes, string expected) => Assert.Equal(expected, Quantities.Bytes(bytes));

    [Theory]
    [InlineData(-0.0834, "−8.3")]
    [InlineData(0.012, "+1.2")]
    [InlineData(0.0001, "0.0")]
    [InlineData(-0.0001, "0.0")]
    [InlineData(double.NaN, "–")]
    public void Points_carry_their_sign(double difference, string expected) => Assert.Equal(expected, Quantities.Points(difference));

    [Theory]
    [InlineData(3.24, "3.2 s")]
    [InlineData(131.4, "131 s")]
    [InlineData(double.NaN, "–")]
    public void Seconds_drop_digits_nobody_needs(double seconds, string expected) => Assert.Equal(expected, Quantities.Seconds(seconds));

    [Fact]
    public void A_fraction_rounds_and_knows_nothing_of_zero()
    {
        Assert.Equal("1/202", Quantities.Fraction(1_572, 318_216));
        Assert.Equal("–", Quantities.Fraction(0, 318_216));
    }
}
