using System.Formats.Cbor;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Codec;

/// <summary>Writes the CBOR subset that the ledger signs and hashes: definite arrays, integers, booleans, byte and text strings.</summary>
public sealed class CanonicalWriter
{
    private readonly CborWriter _cbor = new(CborConformanceMode.Canonical);

    public CanonicalWriter Array(int count)
    {
        _cbor.WriteStartArray(count);
        return this;
    }

    public CanonicalWriter EndArray()
    {
        _cbor.WriteEndArray();
        return this;
    }

    public CanonicalWriter Int(long value)
    {
        _cbor.WriteInt64(value);
        return this;
    }

    public CanonicalWriter UInt(ulong value)
    {
        _cbor.WriteUInt64(value);
        return this;
    }

    public CanonicalWriter Bool(bool value)
    {
        _cbor.WriteBoolean(value);
        return this;
    }

    public CanonicalWriter Bytes(ReadOnlySpan<byte> value)
    {
        _cbor.WriteByteString(value);
        return this;
    }

    public CanonicalWriter Text(string value)
    {
        _cbor.WriteTextString(value);
        return this;
    }

    public CanonicalWriter Digest(Digest value)
    {
        Span<byte> bytes = stackalloc byte[Crypto.Digest.Size];
        value.CopyTo(bytes);
        _cbor.WriteByteString(bytes);
        return this;
    }

    public CanonicalWriter Item<T>(T value) where T : ICanonical<T>
    {
        value.WriteTo(this);
        return this;
    }

    public CanonicalWriter List<T>(IReadOnlyCollection<T> values) where T : ICanonical<T>
    {
        _cbor.WriteStartArray(values.Count);
        foreach (var value in values)
            value.WriteTo(this);
        _cbor.WriteEndArray();
        return this;
    }

    /// <summary>Items by place, each as a list of none or one.</summary>
    public CanonicalWriter Optionals<T>(IReadOnlyCollection<T?> values) where T : class, ICanonical<T>
    {
        _cbor.WriteStartArray(values.Count);
        foreach (var value in values)
            List(value is null ? [] : new[] { value });
        _cbor.WriteEndArray();
        return this;
    }

    internal byte[] ToBytes() => _cbor.Encode();
}
