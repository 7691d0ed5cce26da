using System.Buffers.Binary;
using System.Text;

namespace Pipeline.Ledger.Crypto;

/// <summary>What a consensus signature says.</summary>
public enum StatementType
{
    Proposal = 1,
    Prevote = 2,
    Precommit = 3,
}

/// <summary>
/// The fixed-width bytes under every consensus signature: "pipeline/v1/&lt;type&gt;" zero-padded to 24 bytes ‖ chain id (32) ‖ epoch (8) ‖
/// height (8) ‖ round (4) ‖ valid round + 1 (4; proposals only, else 0) ‖ block id (32; zero = nil). All integers big-endian.
/// </summary>
public static class SignedStatement
{
    public const int Size = 24 + Digest.Size + 8 + 8 + 4 + 4 + Digest.Size;

    public static byte[] Bytes(StatementType type, Digest chainId, long epoch, long height, int round, Digest blockId, int validRound = -1)
    {
        var bytes = new byte[Size];
        Encoding.ASCII.GetBytes(Domain(type), bytes);
        var rest = bytes.AsSpan(24);
        chainId.CopyTo(rest);
        BinaryPrimitives.WriteInt64BigEndian(rest[32..], epoch);
        BinaryPrimitives.WriteInt64BigEndian(rest[40..], height);
        BinaryPrimitives.WriteInt32BigEndian(rest[48..], round);
        BinaryPrimitives.WriteInt32BigEndian(rest[52..], validRound + 1);
        blockId.CopyTo(rest[56..]);
        return bytes;
    }

    /// <summary>A domain prefix for signatures outside consensus: transactions, acks, evidence of possession.</summary>
    public static byte[] Tagged(string type, Digest chainId, Digest content)
    {
        var bytes = new byte[24 + 2 * Digest.Size];
        Encoding.ASCII.GetBytes($"pipeline/v1/{type}", bytes);
        chainId.CopyTo(bytes.AsSpan(24));
        content.CopyTo(bytes.AsSpan(24 + Digest.Size));
        return bytes;
    }

    private static string Domain(StatementType type) => type switch
    {
        StatementType.Proposal => "pipeline/v1/proposal",
        StatementType.Prevote => "pipeline/v1/prevote",
        StatementType.Precommit => "pipeline/v1/precommit",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
