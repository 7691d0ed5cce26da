using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Xunit;

namespace Pipeline.Tests.Actors.Updates;

public sealed class LargestSelectionTests
{
    [Fact]
    public void Selects_what_a_full_sort_selects()
    {
        var random = new SeededRandom(1);
        for (int trial = 0; trial < 200; trial++)
        {
            var values = new float[1 + random.Next(300)];
            foreach (ref float value in values.AsSpan())
                value = random.Next(4) == 0 ? random.Next(5) - 2 : (float)(random.NextGaussian() * Math.Pow(10, random.Next(8) - 4));
            int count = random.Next(values.Length + 2);
            var expected = Enumerable.Range(0, values.Length).OrderByDescending(i => Math.Abs(values[i])).ThenBy(i => i).Take(count).Order();
            Assert.Equal(expected, LargestSelection.Of(values, count));
        }
    }

    [Fact]
    public void Refuses_NaN() => Assert.Throws<ArgumentException>(() => LargestSelection.Of([1f, float.NaN], 1));
}
