namespace Pipeline.Ledger.Codec;

/// <summary>Bytes that do not follow the exact schema. Caught at <see cref="Canonical.TryDecode{T}"/>, which turns it into a value.</summary>
public sealed class CanonicalFormatException : Exception
{
    public CanonicalFormatException(string message) : base(message) { }

    public CanonicalFormatException(string message, Exception inner) : base(message, inner) { }

    public CanonicalFormatException() { }
}
