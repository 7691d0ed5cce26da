using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>One member's signed prevote or precommit.</summary>
/// <param name="BlockId">Zero for nil.</param>
/// <param name="Seat">Index of the voter in the member set of the height.</param>
public sealed record Vote(StatementType Type, long Height, int Round, Digest BlockId, int Seat, byte[] Signature) : ICanonical<Vote>
{
    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(6).Int((int)Type).Int(Height).Int(Round).Digest(BlockId).Int(Seat).Bytes(Signature).EndArray();

    public static Vote ReadFrom(CanonicalReader reader)
    {
        reader.Array(6);
        var vote = new Vote(
            (StatementType)reader.Int32((int)StatementType.Prevote, (int)StatementType.Precommit), reader.Int(1), reader.Int32(0),
            reader.Digest(), reader.Int32(0, MemberSet.MaxMembers - 1), reader.FixedBytes(Ed25519Signer.SignatureSize));
        reader.EndArray();
        return vote;
    }
}
