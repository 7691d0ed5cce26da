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
/// <param name="Values">By item; in the wire's second version, which updates of another <paramref name="Format"/> than int8 have, and in the third those of
/// the selected coordinates follow in <see cref="PackedValues"/>' form.</param>
/// <param name="RiceParameter">k of the Golomb–Rice code of the gaps (Golomb 1966; Rice and Plaunt 1971).</param>
/// <param name="SelectedCount">Selected backbone coordinates.</param>
/// <param name="Gaps">Rice-coded gaps between selected positions of the concatenated backbone tensors; first gap from −1; gap−1 is coded.</param>
/// <param name="Format">Of the values of selected coordinates.</param>
/// <param name="Rotating">The selected coordinates are those of the round (<see cref="RotatingSelection"/>): the wire's third version, which has neither a
/// Rice parameter nor gaps.</param>
public sealed record SparseUpdate(
    long Round, Digest Base, byte[] Salt, byte[] Exponents, sbyte[] Values, int RiceParameter, int SelectedCount, byte[] Gaps,
    ValueFormat Format = ValueFormat.Int8, bool Rotating = false)
    : ICanonical<SparseUpdate>
{
    public const int Version = 1;
    public const int PackedVersion = 2;
    public const int RotatingVersion = 3;
    public const int BlockSize = 64;
    public const int SaltSize = 16;
    public const int MaxRiceParameter = 24;

    /// <summary>An encoded update is never larger; larger payloads are refused unread.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    public void WriteTo(CanonicalWriter writer)
    {
        bool packed = Rotating || Format != ValueFormat.Int8;
        var whole = packed ? Values.AsSpan(0, Values.Length - SelectedCount) : Values;
        writer.Array(Format != ValueFormat.Int8 && !Rotating ? 11 : 9).Int(Rotating ? RotatingVersion : packed ? PackedVersion : Version).Int(Round).Digest(Base)
            .Bytes(Salt).Bytes(Exponents).Bytes(MemoryMarshal.AsBytes(whole));
        if (Rotating)
            writer.Int(SelectedCount);
        else
            writer.Int(RiceParameter).Int(SelectedCount).Bytes(Gaps);
        if (packed)
            writer.Int((int)Format).Bytes(PackedValues.Pack(Format, Values.AsSpan(whole.Length)));
        writer.EndArray();
    }

    public static SparseUpdate ReadFrom(CanonicalReader reader)
    {
        int items = reader.Array(9, 11), version = reader.Int32(Version, RotatingVersion);
        if (items == 11 != (version == PackedVersion))
            throw new CanonicalFormatException($"an update of {items} items says that it is of version {version}");
        bool rotating = version == RotatingVersion;
        var update = new SparseUpdate(
            reader.Int(0), reader.Digest(), reader.FixedBytes(SaltSize), reader.Bytes(MaxBytes), MemoryMarshal.Cast<byte, sbyte>(reader.Bytes(MaxBytes)).ToArray(),
            rotating ? 0 : reader.Int32(0, MaxRiceParameter), reader.Int32(0, ModelLayout.MaxParameters), rotating ? [] : reader.Bytes(MaxBytes), Rotating: rotating);
        if (version != Version)
            update = ReadPacked(reader, update);
        reader.EndArray();
        return update;
    }

    private static SparseUpdate ReadPacked(CanonicalReader reader, SparseUpdate update)
    {
        var format = (ValueFormat)reader.Int32((int)(update.Rotating ? ValueFormat.Int8 : ValueFormat.Int4), (int)ValueFormat.Ternary);
        byte[] packed = reader.Bytes(MaxBytes);
        // Before anything of that size is made.
        if (packed.Length != PackedValues.Length(format, update.SelectedCount))
            throw new CanonicalFormatException($"{packed.Length} bytes of values where {update.SelectedCount} of {format} take {PackedValues.Length(format, update.SelectedCount)}");
        var values = new sbyte[update.Values.Length + update.SelectedCount];
        update.Values.CopyTo(values, 0);
        return PackedValues.TryUnpack(format, packed, values.AsSpan(update.Values.Length)) is { } error
            ? throw new CanonicalFormatException(error)
            : update with { Values = values, Format = format };
    }
}
