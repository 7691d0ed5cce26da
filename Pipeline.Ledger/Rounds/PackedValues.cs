namespace Pipeline.Ledger.Rounds;

/// <summary>
/// Small integers of <see cref="ValueFormat"/> in bytes. int4: two's complement, the first in the low half. Ternary: digits v + 1 to base 3, the first
/// least significant, five in a byte. What is left of the last byte is zero, so a list of values has one form.
/// </summary>
public static class PackedValues
{
    private const int TernaryInByte = 5, TernaryBytes = 243;

    /// <summary>Largest magnitude of a value.</summary>
    public static int Limit(ValueFormat format) => format switch
    {
        ValueFormat.Int4 => 7,
        ValueFormat.Ternary => 1,
        _ => sbyte.MaxValue,
    };

    /// <summary>Bytes of <paramref name="count"/> values.</summary>
    public static int Length(ValueFormat format, int count) => format switch
    {
        ValueFormat.Int4 => (count + 1) / 2,
        ValueFormat.Ternary => (count + TernaryInByte - 1) / TernaryInByte,
        _ => count,
    };

    /// <exception cref="ArgumentOutOfRangeException">A value is beyond <see cref="Limit"/>.</exception>
    public static byte[] Pack(ValueFormat format, ReadOnlySpan<sbyte> values)
    {
        int limit = Limit(format);
        var bytes = new byte[Length(format, values.Length)];
        for (int i = 0; i < values.Length; i++)
        {
            int value = values[i];
            ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Abs(value), limit, nameof(values));
            switch (format)
            {
                case ValueFormat.Int4:
                    bytes[i / 2] |= (byte)((value & 15) << (4 * (i % 2)));
                    break;
                case ValueFormat.Ternary:
                    bytes[i / TernaryInByte] += (byte)((value + 1) * Power(i % TernaryInByte));
                    break;
                default:
                    bytes[i] = (byte)value;
                    break;
            }
        }

        return bytes;
    }

    /// <param name="values">Receives as many as it is long; <see cref="Length"/> of that must be the number of bytes.</param>
    /// <returns>Null, or why the bytes are not the form of any values.</returns>
    public static string? TryUnpack(ValueFormat format, ReadOnlySpan<byte> bytes, Span<sbyte> values)
    {
        if (bytes.Length != Length(format, values.Length))
            return $"{bytes.Length} bytes where {values.Length} values of {format} take {Length(format, values.Length)}";
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = format switch
            {
                ValueFormat.Int4 => (sbyte)((sbyte)(bytes[i / 2] >> (4 * (i % 2)) << 4) >> 4),
                ValueFormat.Ternary => (sbyte)(bytes[i / TernaryInByte] / Power(i % TernaryInByte) % 3 - 1),
                _ => (sbyte)bytes[i],
            };
        }

        return IsOneForm(format, bytes, values) ? null : $"a byte is no form of values of {format}";
    }

    private static bool IsOneForm(ValueFormat format, ReadOnlySpan<byte> bytes, ReadOnlySpan<sbyte> values) => format switch
    {
        ValueFormat.Int4 => !values.Contains((sbyte)-8) && (values.Length % 2 == 0 || bytes[^1] >> 4 == 0),
        ValueFormat.Ternary => bytes.IndexOfAnyInRange((byte)TernaryBytes, byte.MaxValue) < 0
            && (values.Length % TernaryInByte == 0 || bytes[^1] < Power(values.Length % TernaryInByte)),
        _ => !values.Contains(sbyte.MinValue),
    };

    private static int Power(int exponent) => exponent switch { 0 => 1, 1 => 3, 2 => 9, 3 => 27, 4 => 81, _ => TernaryBytes };
}
