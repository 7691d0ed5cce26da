using System.Runtime.InteropServices;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// A site's partial update as it leaves the hospital: for all norm and head coordinates, and a sparse selection of the backbone, an int8
/// value with a power-of-two scale per block. Value of item k: <c>Values[k] · 2^−Exponents[k / BlockSize]</c>. Items are ordered: first
/// every dense coordinate in layout order, then the selected backbone coordinates ascending.
/// </summary>
/// <param name="Round">The round it answers.</param>
/// <param name="Base">Digest of the model that it is relative to.</param>
/// <param name="Salt">16 random bytes: equal updates of two sites have different payload digests.</param>
/// <param name="Exponents">One per block of <see cref="BlockSize"/> items; 0 … the fraction bits of every tensor that the block touches.</param>
/// <param name="RiceParameter">k of the Golomb–Rice code of the gaps (Golomb 1966; Rice and Plaunt 1971).</param>
/// <param name="SelectedCount">Selected backbone coordinates.</param>
/// <param name="Gaps">Rice-coded gaps between selected positions of the concatenated backbone tensors; first gap from −1; gap−1 is coded.</param>
public sealed record SparseUpdate(
    long Round, Digest Base, byte[] Salt, byte[] Exponents, sbyte[] Values, int RiceParameter, int SelectedCount, byte[] Gaps)
    : ICanonical<SparseUpdate>
{
    public const int Version = 1;
    public const int BlockSize = 64;
    public const int SaltSize = 16;
    public const int MaxRiceParameter = 24;

    /// <summary>An encoded update is never larger; larger payloads are refused unread.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    public void WriteTo(CanonicalWriter writer) => writer.Array(9).Int(Version).Int(Round).Digest(Base).Bytes(Salt).Bytes(Exponents)
        .Bytes(MemoryMarshal.AsBytes(Values.AsSpan())).Int(RiceParameter).Int(SelectedCount).Bytes(Gaps)
        .EndArray();

    public static SparseUpdate ReadFrom(CanonicalReader reader)
    {
        reader.Array(9);
        reader.Int32(Version, Version);
        var update = new SparseUpdate(
            reader.Int(0), reader.Digest(), reader.FixedBytes(SaltSize), reader.Bytes(MaxBytes),
            MemoryMarshal.Cast<byte, sbyte>(reader.Bytes(MaxBytes)).ToArray(), reader.Int32(0, MaxRiceParameter), reader.Int32(0, ModelLayout.MaxParameters),
            reader.Bytes(MaxBytes));
        reader.EndArray();
        return update;
    }
}
