using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// The proposer's signed block for one round. A <paramref name="ValidRound"/> ≥ 0 claims that the block had a polka there, and
/// <paramref name="Polka"/> proves it (the proof of lock of arXiv 1807.04938, line 28).
/// </summary>
/// <param name="ValidRound">−1 for a fresh block; otherwise below <paramref name="Round"/>.</param>
public sealed record Proposal(int Round, int ValidRound, Block Block, QuorumCertificate? Polka, byte[] Signature) : ICanonical<Proposal>
{
    public long Height => Block.Header.Height;

    /// <summary>What the signature covers, without the block.</summary>
    public ProposalStatement Statement => new(Height, Round, ValidRound, Block.Id, Signature);

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(5).Int(Round).Int(ValidRound).Item(Block).List(Polka is null ? [] : new[] { Polka }).Bytes(Signature).EndArray();
    }

    public static Proposal ReadFrom(CanonicalReader reader)
    {
        reader.Array(5);
        int round = reader.Int32(0);
        var proposal = new Proposal(
            round, reader.Int32(-1, round - 1), reader.Item<Block>(), reader.List<QuorumCertificate>(1).FirstOrDefault(),
            reader.FixedBytes(Ed25519Signer.SignatureSize));
        reader.EndArray();
        return proposal;
    }
}
