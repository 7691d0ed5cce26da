namespace Pipeline.Ledger.Codec;

/// <summary>A type with exactly one byte representation: canonical CBOR (RFC 8949 §4.2), arrays only; no maps, floats or tags.</summary>
public interface ICanonical<out TSelf> where TSelf : ICanonical<TSelf>
{
    void WriteTo(CanonicalWriter writer);

    /// <exception cref="CanonicalFormatException">The bytes do not follow the schema of <typeparamref name="TSelf"/>.</exception>
    static abstract TSelf ReadFrom(CanonicalReader reader);
}
