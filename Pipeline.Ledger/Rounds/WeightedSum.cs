namespace Pipeline.Ledger.Rounds;

/// <summary>Σ wⱼ uⱼ / d, rounded half away from zero. Σ |wⱼ| ≤ 2²⁸ keeps every sum below 2⁶⁰.</summary>
internal sealed class WeightedSum(IReadOnlyList<DecodedUpdate> ordered, long[] weights, long divisor) : ICoordinateRule
{
    public void Aggregate(IReadOnlyList<DecodedUpdate> updates, int first, Span<int> delta)
    {
        var sweep = new CoordinateSweep(ordered, first, delta.Length);
        while (sweep.Next())
        {
            for (int i = 0; i < sweep.Length; i++)
            {
                sweep.At(i, out var values, out var owners);
                long sum = 0;
                for (int k = 0; k < values.Length; k++)
                    sum += weights[owners[k]] * values[k];
                delta[sweep.Start - first + i] = Divide(sum, divisor);
            }
        }
    }

    internal static int Divide(long sum, long divisor)
    {
        if (sum == 0)
            return 0;
        long sign = sum >> 63;
        long quotient = (2 * ((sum ^ sign) - sign) + divisor) / (2 * divisor);
        return (int)Math.Clamp((quotient ^ sign) - sign, int.MinValue, int.MaxValue);
    }
}
