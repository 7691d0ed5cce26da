namespace Pipeline.Ledger.Rounds;

/// <summary>
/// Golomb–Rice code of ascending positions: each gap−1 = q·2ᵏ + r is q one-bits, a zero-bit and k bits of r, most significant bit
/// first; the last byte is padded with zeros. At density p the optimal k is about log₂(ln 2 / p), within 0.04 bit of the entropy.
/// </summary>
public static class RiceCoder
{
    /// <summary>The best k for <paramref name="count"/> positions among <paramref name="length"/>.</summary>
    public static int OptimalParameter(int count, int length)
    {
        if (count <= 0 || count >= length)
            return 0;
        double k = Math.Log2(Math.Log(2) * length / count);
        return Math.Clamp((int)Math.Round(k), 0, SparseUpdate.MaxRiceParameter);
    }

    /// <param name="positions">Strictly ascending, from 0.</param>
    public static byte[] Encode(ReadOnlySpan<int> positions, int k)
    {
        long bits = 0;
        int previous = -1;
        foreach (int position in positions)
        {
            bits += ((position - previous - 1) >> k) + 1 + k;
            previous = position;
        }

        var bytes = new byte[(bits + 7) / 8];
        long at = 0;
        previous = -1;
        foreach (int position in positions)
        {
            int gap = position - previous - 1;
            for (int q = gap >> k; q > 0; q--)
                Set(bytes, at++);
            at++;
            for (int b = k - 1; b >= 0; b--, at++)
            {
                if ((gap >> b & 1) != 0)
                    Set(bytes, at);
            }

            previous = position;
        }

        return bytes;
    }

    /// <summary>Decodes exactly <c>positions.Length</c> positions below <paramref name="limit"/>; null, or what is wrong with the bytes.</summary>
    public static string? TryDecode(ReadOnlySpan<byte> bytes, int k, int limit, Span<int> positions)
    {
        long at = 0, end = 8L * bytes.Length;
        long previous = -1;
        for (int i = 0; i < positions.Length; i++)
        {
            long quotient = 0;
            while (true)
            {
                if (at >= end)
                    return $"the gaps end inside position {i} of {positions.Length}";
                if (!Get(bytes, at++))
                    break;
                quotient++;
            }

            if (at + k > end)
                return $"the gaps end inside position {i} of {positions.Length}";
            long remainder = 0;
            for (int b = 0; b < k; b++)
                remainder = remainder << 1 | (Get(bytes, at++) ? 1L : 0L);
            long position = previous + 1 + (quotient << k) + remainder;
            if (position >= limit)
                return $"position {position} is beyond the {limit} backbone coordinates";
            positions[i] = (int)position;
            previous = position;
        }

        if (bytes.Length != (at + 7) / 8)
            return $"{bytes.Length} bytes of gaps where {(at + 7) / 8} are needed";
        for (; at < end; at++)
        {
            if (Get(bytes, at))
                return "the padding of the gaps is not zero";
        }

        return null;
    }

    private static void Set(byte[] bytes, long bit) => bytes[bit >> 3] |= (byte)(0x80 >> (int)(bit & 7));

    private static bool Get(ReadOnlySpan<byte> bytes, long bit) => (bytes[(int)(bit >> 3)] & 0x80 >> (int)(bit & 7)) != 0;
}
