using System.Buffers.Binary;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Actors.Privacy;

/// <summary>One round's training as the ε ledger keeps it. 80 bytes, little-endian: version, sequence, round, base, rate, noise, steps.</summary>
/// <param name="Sequence">From 1, without gaps.</param>
/// <param name="Rate">q.</param>
/// <param name="Noise">σ.</param>
/// <param name="Steps">Releases.</param>
public sealed record PrivacyCharge(long Sequence, long Round, Digest Base, double Rate, double Noise, long Steps)
{
    internal const int Length = 8 + 8 + 8 + Digest.Size + 8 + 8 + 8;

    private const long Version = 1;

    internal byte[] Encode()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Version);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Round);
        Base.CopyTo(bytes.AsSpan(24));
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(56), Rate);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(64), Noise);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(72), Steps);
        return bytes;
    }

    /// <summary>Null where the bytes are none.</summary>
    internal static PrivacyCharge? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length || BinaryPrimitives.ReadInt64LittleEndian(bytes) != Version)
            return null;
        var charge = new PrivacyCharge(
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]), new Digest(bytes.Slice(24, Digest.Size)),
            BinaryPrimitives.ReadDoubleLittleEndian(bytes[56..]), BinaryPrimitives.ReadDoubleLittleEndian(bytes[64..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[72..]));
        return charge is { Rate: > 0 and <= 1, Noise: > 0 and < double.PositiveInfinity, Steps: > 0 } ? charge : null;
    }
}
