using System.Numerics;
using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Crypto;

/// <summary>
/// n−f members' votes of one type for one block at one height and round. Signers are named by seat (bitmap), never by a claimed
/// address; signatures stand in seat order.
/// </summary>
public sealed record QuorumCertificate(
    StatementType Type, long Epoch, long Height, int Round, Digest BlockId, ulong Signers, IReadOnlyList<byte[]> Signatures)
    : ICanonical<QuorumCertificate>
{
    /// <summary>Null when the certificate proves that a quorum of <paramref name="members"/> voted for the block; otherwise what is wrong.</summary>
    public string? Verify(Digest chainId, MemberSet members, ISignatureVerifier verifier)
    {
        int signers = BitOperations.PopCount(Signers);
        if (signers != Signatures.Count)
            return $"{signers} signers but {Signatures.Count} signatures";
        if (signers < members.Quorum)
            return $"{signers} signers where {members.Quorum} of {members.Count} are a quorum";
        if (members.Count < MemberSet.MaxMembers && Signers >> members.Count != 0)
            return $"a signer's seat is beyond the {members.Count} members";
        var message = SignedStatement.Bytes(Type, chainId, Epoch, Height, Round, BlockId);
        int next = 0;
        for (int seat = 0; seat < members.Count; seat++)
        {
            if ((Signers >> seat & 1) == 0)
                continue;
            if (!verifier.Verify(members[seat].Key, message, Signatures[next++]))
                return $"the signature of member '{members[seat].Id}' does not verify";
        }

        return null;
    }

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(7).Int((int)Type).Int(Epoch).Int(Height).Int(Round).Digest(BlockId).UInt(Signers).Array(Signatures.Count);
        foreach (var signature in Signatures)
            writer.Bytes(signature);
        writer.EndArray().EndArray();
    }

    public static QuorumCertificate ReadFrom(CanonicalReader reader)
    {
        reader.Array(7);
        var type = (StatementType)reader.Int32((int)StatementType.Prevote, (int)StatementType.Precommit);
        long epoch = reader.Int(0), height = reader.Int(0);
        int round = reader.Int32(0);
        var blockId = reader.Digest();
        ulong signers = reader.UInt();
        int count = reader.ArrayHeader(MemberSet.MaxMembers);
        var signatures = new byte[count][];
        for (int i = 0; i < count; i++)
            signatures[i] = reader.FixedBytes(Ed25519Signer.SignatureSize);
        reader.EndArray();
        reader.EndArray();
        return new QuorumCertificate(type, epoch, height, round, blockId, signers, signatures);
    }
}
