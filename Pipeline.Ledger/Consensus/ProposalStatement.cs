using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>A <see cref="Proposal"/> without its block: enough to show that it was signed.</summary>
public sealed record ProposalStatement(long Height, int Round, int ValidRound, Digest BlockId, byte[] Signature) : ICanonical<ProposalStatement>
{
    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(5).Int(Height).Int(Round).Int(ValidRound).Digest(BlockId).Bytes(Signature).EndArray();

    public static ProposalStatement ReadFrom(CanonicalReader reader)
    {
        reader.Array(5);
        long height = reader.Int(1);
        int round = reader.Int32(0);
        var statement = new ProposalStatement(
            height, round, reader.Int32(-1, round - 1), reader.Digest(), reader.FixedBytes(Ed25519Signer.SignatureSize));
        reader.EndArray();
        return statement;
    }
}
