using CsCheck;
using Pipeline.Actors.Privacy;
using Xunit;

namespace Pipeline.Tests.Actors.Privacy;

public sealed class RdpAccountantTests
{
    private const double Delta = 1e-5;

    private static readonly double[] IntegerOrders = [.. Enumerable.Range(2, 62).Select(order => (double)order)];

    /// <summary>By 40-digit quadrature with mpmath 1.3.0 over the same orders; the first is also the published test value of a widely used accountant.</summary>
    [Theory]
    [InlineData(0.04, 1.5, 2250, 7.3291111714841741)]
    [InlineData(0.01, 1.1, 10_000, 5.6319923686818025)]
    [InlineData(0.01, 1, 1000, 2.1013652716483952)]
    [InlineData(1, 1, 1, 4.7285070672176231)]
    [InlineData(1, 4, 100, 14.132226163159333)]
    [InlineData(0.3, 0.8, 40, 21.814485403847571)]
    [InlineData(0.9, 2, 15, 9.3548076137257153)]
    [InlineData(0.001, 4, 1000, 0.10490702695712639)]
    public void Epsilon_equals_the_forty_digit_values(double rate, double noise, long steps, double epsilon) =>
        Assert.Equal(epsilon, Epsilon(rate, noise, steps), 1e-9);

    /// <summary>Published to four decimals and over integer orders alone.</summary>
    [Theory]
    [InlineData(0.01, 1.1, 10_000, 5.6543)]
    [InlineData(0.01, 1, 1000, 2.1078)]
    [InlineData(1, 1, 1, 4.7527)]
    [InlineData(1, 4, 100, 14.1767)]
    public void Epsilon_over_integer_orders_equals_the_published_values(double rate, double noise, long steps, double epsilon)
    {
        double actual = Epsilon(rate, noise, steps, IntegerOrders);
        Assert.Equal(epsilon, actual, 5.1e-5);
        Assert.Equal(RdpReference.Epsilon(rate, noise, steps, Delta, IntegerOrders), actual, 1e-9);
        Assert.True(Epsilon(rate, noise, steps) < actual);
    }

    [Theory]
    [InlineData(0.04, 1.5)]
    [InlineData(0.3, 0.8)]
    [InlineData(0.001, 4)]
    [InlineData(0.9, 2)]
    public void Divergences_equal_a_three_hundred_bit_reference(double rate, double noise)
    {
        foreach (double order in (double[])[1.1, 2.3, 5.7, 10.9, 2, 12, 40, 63])
        {
            double expected = RdpReference.Rdp(rate, noise, order), actual = SubsampledGaussian.Rdp(rate, noise, order);
            Assert.True(Math.Abs(actual - expected) <= 1e-11 * expected, $"order {order}: {actual:R}, reference {expected:R}");
        }
    }

    [Fact]
    public void The_integral_meets_the_sum_between_neighbouring_orders() =>
        Gen.Select(Gen.Double[0.001, 0.999], Gen.Double[0.4, 8], Gen.Int[2, 10]).Sample((rate, noise, order) =>
        {
            double at = SubsampledGaussian.Rdp(rate, noise, order), beside = SubsampledGaussian.Rdp(rate, noise, order + 1e-9);
            return Math.Abs(beside - at) <= 1e-7 * at;
        }, iter: 300);

    [Fact]
    public void More_noise_costs_less_and_more_sampling_costs_more() =>
        Gen.Select(Gen.Double[0.001, 0.9], Gen.Double[0.5, 8], Gen.Int[1, 300]).Sample((rate, noise, steps) =>
            Epsilon(rate, noise * 1.1, steps) <= Epsilon(rate, noise, steps) && Epsilon(rate, noise, steps) <= Epsilon(rate * 1.1, noise, steps + 1), iter: 20);

    [Fact]
    public void Stretches_add_up_and_nothing_costs_nothing()
    {
        var parts = new RdpAccountant();
        Assert.Equal(0, parts.Epsilon(Delta));
        parts.Add(0.1, 1, 0);
        Assert.Equal(0, parts.Epsilon(Delta));
        parts.Add(0.1, 1, 7);
        var fork = parts.Fork();
        fork.Add(0.1, 1, 5);
        Assert.Equal(Epsilon(0.1, 1, 12), fork.Epsilon(Delta), 1e-12);
        Assert.Equal(Epsilon(0.1, 1, 7), parts.Epsilon(Delta), 1e-12);
    }

    [Theory]
    [InlineData(1, 0.1, 400)]
    [InlineData(8, 0.3, 1600)]
    public void The_noise_for_a_budget_spends_nearly_all_of_it(double epsilon, double rate, long steps)
    {
        double spent = Epsilon(rate, RdpAccountant.NoiseFor(epsilon, Delta, rate, steps), steps);
        Assert.InRange(spent, 0.99 * epsilon, epsilon);
    }

    private static double Epsilon(double rate, double noise, long steps, IReadOnlyList<double>? orders = null)
    {
        var accountant = new RdpAccountant(orders);
        accountant.Add(rate, noise, steps);
        return accountant.Epsilon(Delta);
    }
}
