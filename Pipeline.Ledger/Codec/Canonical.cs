using System.Diagnostics.CodeAnalysis;
using System.Formats.Cbor;

namespace Pipeline.Ledger.Codec;

/// <summary>
/// The one way bytes that are signed or hashed come to be. <see cref="CborConformanceMode.Canonical"/> alone accepts tags, floats and
/// trailing bytes; decoding here demands the exact schema, nothing left over, and that encoding the result gives the same bytes.
/// </summary>
public static class Canonical
{
    public static byte[] Encode<T>(T value) where T : ICanonical<T>
    {
        var writer = new CanonicalWriter();
        value.WriteTo(writer);
        return writer.ToBytes();
    }

    /// <summary>Encodes a composite that has no type of its own.</summary>
    public static byte[] Encode(Action<CanonicalWriter> write)
    {
        var writer = new CanonicalWriter();
        write(writer);
        return writer.ToBytes();
    }

    /// <summary>Decodes untrusted bytes. An error is a value: <paramref name="error"/> says what was wrong.</summary>
    public static bool TryDecode<T>(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out string? error)
        where T : ICanonical<T>
    {
        try
        {
            value = Decode<T>(bytes);
            error = null;
            return true;
        }
        catch (CanonicalFormatException e)
        {
            value = default;
            error = $"{typeof(T).Name}: {e.Message}";
            return false;
        }
    }

    /// <summary>Decodes bytes that this node wrote itself (its journal); a fault there is ours and throws.</summary>
    /// <exception cref="CanonicalFormatException">The bytes are not the canonical form of a <typeparamref name="T"/>.</exception>
    public static T Decode<T>(ReadOnlyMemory<byte> bytes) where T : ICanonical<T>
    {
        T value;
        try
        {
            var reader = new CanonicalReader(bytes);
            value = T.ReadFrom(reader);
            reader.End();
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new CanonicalFormatException(e.Message, e);
        }

        return Encode(value).AsSpan().SequenceEqual(bytes.Span)
            ? value
            : throw new CanonicalFormatException("not the canonical encoding of its value");
    }
}
