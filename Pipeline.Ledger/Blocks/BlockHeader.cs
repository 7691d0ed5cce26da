using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>
/// What a quorum certificate binds. <see cref="StateRoot"/> and <see cref="OutboxRoot"/> are those after executing the parent block,
/// so a packet emitted at height h is proved by the header of h+1.
/// </summary>
/// <param name="Version">The <see cref="ProtocolVersion"/> by which the block is made and executed.</param>
/// <param name="MembersHash">Of the members that decide this block, those of <paramref name="Epoch"/>.</param>
/// <param name="NextMembersHash">Of the members that decide the next block: other ones in the last header of an epoch.</param>
/// <param name="Time">Proposer's clock, milliseconds since the Unix epoch, strictly increasing along the chain.</param>
/// <param name="Proposer">Seat of the proposer in the member set of this height.</param>
public sealed record BlockHeader(
    int Version, Digest ChainId, long Epoch, long Height, long Time, Digest Parent, Digest TransactionsRoot, Digest OutboxRoot,
    Digest StateRoot, Digest EvidenceRoot, Digest MembersHash, Digest NextMembersHash, Digest ParametersHash, int Proposer)
    : ICanonical<BlockHeader>
{
    private DigestMemo _id;

    /// <summary>SHA-256 of the canonical header: the block id that votes name.</summary>
    public Digest Id => _id.For(this, static value => Digest.Of(Canonical.Encode(value)));

    public void WriteTo(CanonicalWriter writer) => writer.Array(14)
        .Int(Version).Digest(ChainId).Int(Epoch).Int(Height).Int(Time).Digest(Parent).Digest(TransactionsRoot).Digest(OutboxRoot)
        .Digest(StateRoot).Digest(EvidenceRoot).Digest(MembersHash).Digest(NextMembersHash).Digest(ParametersHash).Int(Proposer)
        .EndArray();

    public static BlockHeader ReadFrom(CanonicalReader reader)
    {
        reader.Array(14);
        var header = new BlockHeader(
            reader.Int32(1, 255), reader.Digest(), reader.Int(0), reader.Int(1), reader.Int(0), reader.Digest(), reader.Digest(),
            reader.Digest(), reader.Digest(), reader.Digest(), reader.Digest(), reader.Digest(), reader.Digest(),
            reader.Int32(0, MemberSet.MaxMembers - 1));
        reader.EndArray();
        return header;
    }
}
