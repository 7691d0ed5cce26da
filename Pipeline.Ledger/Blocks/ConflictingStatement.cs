using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>One signed statement out of two that contradict each other.</summary>
public sealed record ConflictingStatement(Digest BlockId, int ValidRound, byte[] Signature) : ICanonical<ConflictingStatement>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Digest(BlockId).Int(ValidRound).Bytes(Signature).EndArray();

    public static ConflictingStatement ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var statement = new ConflictingStatement(
            reader.Digest(), reader.Int32(-1), reader.FixedBytes(Ed25519Signer.SignatureSize));
        reader.EndArray();
        return statement;
    }
}
