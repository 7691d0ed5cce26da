using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Xunit;

namespace Pipeline.Tests.Actors.Updates;

public sealed class LargestSelectionTests
{
    [Fact]
    public void Selects_what_a_full_sort_selects()
    {
        int seed = Random.Shared.Next();
        var random = new SeededRandom((ulong)seed);
        float[] special = [0f, -0f, float.Epsilon, -float.Epsilon, float.MaxValue, float.PositiveInfinity, float.NegativeInfinity];
        for (int trial = 0; trial < 300; trial++)
        {
            var values = new float[1 + random.Next(trial % 10 == 0 ? 20_000 : 300)];
            int ties = random.Next(5);
            foreach (ref float value in values.AsSpan())
            {
                value = random.Next(4) < ties ? random.Next(5) - 2 : (float)(random.NextGaussian() * Math.Pow(10, random.Next(8) - 4));
                if (random.Next(50) == 0)
                    value = special[random.Next(special.Length)];
            }

            int count = random.Next(values.Length + 2);
            var expected = Enumerable.Range(0, values.Length).OrderByDescending(i => Math.Abs(values[i])).ThenBy(i => i).Take(count).Order();
            Assert.True(expected.SequenceEqual(LargestSelection.Of(values, count)), $"seed {seed}, trial {trial}: {count} of {values.Length} values");
        }
    }

    /// <summary>Signalling or quiet, of either sign, wherever it stands.</summary>
    [Theory]
    [InlineData(0x7f800001)]
    [InlineData(0x7fc00000)]
    [InlineData(0xffffffff)]
    public void Refuses_NaN(uint bits)
    {
        foreach (int at in new[] { 0, 7, 8, 16 })
        {
            float[] values = [.. Enumerable.Range(1, 17).Select(i => (float)i)];
            values[at] = BitConverter.UInt32BitsToSingle(bits);
            Assert.Throws<ArgumentException>(() => LargestSelection.Of(values, 1));
        }
    }
}
