using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Xunit;

namespace Pipeline.Tests;

/// <summary>Golden bytes: the wire form of a fixed value, written down from an independent encoder. A change here is a fork.</summary>
internal static class Golden
{
    /// <summary>32 times the byte: a digest that is easy to see in hexadecimal.</summary>
    public static Digest Filled(byte value) => new(Bytes(Digest.Size, value));

    public static byte[] Bytes(int count, byte value) => Enumerable.Repeat(value, count).ToArray();

    /// <summary>The value encodes to these bytes, and they decode to a value that encodes to them again.</summary>
    /// <param name="hex">Spaces are ignored; <c>xx*n</c> repeats a byte n times.</param>
    public static T Check<T>(T value, string hex) where T : ICanonical<T>
    {
        string expected = Convert.ToHexStringLower(Parse(hex));
        Assert.Equal(expected, Convert.ToHexStringLower(Canonical.Encode(value)));
        Assert.True(Canonical.TryDecode<T>(Convert.FromHexString(expected), out var decoded, out string? error), error);
        Assert.Equal(expected, Convert.ToHexStringLower(Canonical.Encode(decoded)));
        return decoded;
    }

    public static byte[] Parse(string hex) => Convert.FromHexString(
        string.Concat(hex.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(Expand)));

    private static string Expand(string token)
    {
        var parts = token.Split('*');
        return parts.Length == 1 ? token : string.Concat(Enumerable.Repeat(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)));
    }
}
