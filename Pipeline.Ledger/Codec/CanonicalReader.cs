using System.Formats.Cbor;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Codec;

/// <summary>
/// Reads the subset that <see cref="CanonicalWriter"/> writes. Every string and list states its bound at the call, so untrusted
/// bytes never allocate beyond it.
/// </summary>
public sealed class CanonicalReader
{
    private readonly CborReader _cbor;

    internal CanonicalReader(ReadOnlyMemory<byte> bytes) => _cbor = new CborReader(bytes, CborConformanceMode.Canonical);

    /// <summary>Opens an array that must hold exactly <paramref name="count"/> items.</summary>
    public void Array(int count)
    {
        int actual = ArrayHeader(count);
        if (actual != count)
            throw new CanonicalFormatException($"array of {actual} items where {count} are required");
    }

    /// <summary>Opens an array that holds one of two numbers of items, and returns which: the later form of a value says more than the earlier.</summary>
    public int Array(int count, int later)
    {
        int actual = ArrayHeader(later);
        return actual == count || actual == later
            ? actual
            : throw new CanonicalFormatException($"array of {actual} items where {count} or {later} are required");
    }

    /// <summary>Opens an array of at most <paramref name="maximum"/> items and returns how many it holds.</summary>
    public int ArrayHeader(int maximum)
    {
        Expect(CborReaderState.StartArray);
        int count = _cbor.ReadStartArray() ?? throw new CanonicalFormatException("indefinite-length array");
        if (count > maximum)
            throw new CanonicalFormatException($"array of {count} items exceeds the bound of {maximum}");
        return count;
    }

    public void EndArray()
    {
        Expect(CborReaderState.EndArray);
        _cbor.ReadEndArray();
    }

    public long Int(long minimum = long.MinValue, long maximum = long.MaxValue)
    {
        if (_cbor.PeekState() is not (CborReaderState.UnsignedInteger or CborReaderState.NegativeInteger))
            throw new CanonicalFormatException($"{_cbor.PeekState()} where an integer is required");
        long value = _cbor.ReadInt64();
        if (value < minimum || value > maximum)
            throw new CanonicalFormatException($"integer {value} outside [{minimum}, {maximum}]");
        return value;
    }

    public int Int32(int minimum = int.MinValue, int maximum = int.MaxValue) => (int)Int(minimum, maximum);

    public ulong UInt()
    {
        Expect(CborReaderState.UnsignedInteger);
        return _cbor.ReadUInt64();
    }

    public bool Bool()
    {
        Expect(CborReaderState.Boolean);
        return _cbor.ReadBoolean();
    }

    public byte[] Bytes(int maximum)
    {
        Expect(CborReaderState.ByteString);
        var bytes = _cbor.ReadDefiniteLengthByteString();
        if (bytes.Length > maximum)
            throw new CanonicalFormatException($"byte string of {bytes.Length} bytes exceeds the bound of {maximum}");
        return bytes.ToArray();
    }

    public byte[] FixedBytes(int length)
    {
        var bytes = Bytes(length);
        return bytes.Length == length
            ? bytes
            : throw new CanonicalFormatException($"byte string of {bytes.Length} bytes where {length} are required");
    }

    public string Text(int maximum)
    {
        Expect(CborReaderState.TextString);
        var utf8 = _cbor.ReadDefiniteLengthTextStringBytes();
        if (utf8.Length > maximum)
            throw new CanonicalFormatException($"text of {utf8.Length} bytes exceeds the bound of {maximum}");
        return new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8.Span);
    }

    public Digest Digest() => new(FixedBytes(Crypto.Digest.Size));

    public T Item<T>() where T : ICanonical<T> => T.ReadFrom(this);

    public T[] List<T>(int maximum) where T : ICanonical<T>
    {
        // Grown by what is really there: a header that claims many items allocates nothing.
        int count = ArrayHeader(maximum);
        var values = new List<T>();
        for (int i = 0; i < count; i++)
            values.Add(T.ReadFrom(this));
        EndArray();
        return [.. values];
    }

    public T?[] Optionals<T>(int maximum) where T : class, ICanonical<T>
    {
        int count = ArrayHeader(maximum);
        var values = new List<T?>();
        for (int i = 0; i < count; i++)
            values.Add(List<T>(1).FirstOrDefault());
        EndArray();
        return [.. values];
    }

    internal void End()
    {
        if (_cbor.BytesRemaining != 0)
            throw new CanonicalFormatException($"{_cbor.BytesRemaining} bytes follow the value");
    }

    private void Expect(CborReaderState state)
    {
        var actual = _cbor.PeekState();
        if (actual != state)
            throw new CanonicalFormatException($"{actual} where {state} is required");
    }
}
