using System.Buffers.Binary;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Simulation;

/// <summary>
/// Signatures as symbols: the signer's seat and a keyed hash of the statement. Nobody in the simulation can make one for another seat,
/// because each member is handed a signer of its own seat only.
/// </summary>
internal sealed class SymbolicCrypto(int seat) : IStatementCrypto
{
    public byte[] Sign(StatementType type, long height, int round, Digest blockId, int validRound)
    {
        var signature = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(signature, seat);
        BinaryPrimitives.WriteInt64LittleEndian(signature.AsSpan(8), Hash(seat, type, height, round, blockId, validRound));
        return signature;
    }

    public bool Verify(int signer, StatementType type, long height, int round, Digest blockId, int validRound, byte[] signature) =>
        signature.Length == 16 && BinaryPrimitives.ReadInt32LittleEndian(signature) == signer &&
        BinaryPrimitives.ReadInt64LittleEndian(signature.AsSpan(8)) == Hash(signer, type, height, round, blockId, validRound);

    private static long Hash(int signer, StatementType type, long height, int round, Digest blockId, int validRound)
    {
        ulong x = (ulong)blockId.GetHashCode() ^ ((ulong)signer << 58) ^ ((ulong)type << 54) ^ ((ulong)height << 32) ^
            ((ulong)(uint)round << 12) ^ (uint)(validRound + 1);
        x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCD;
        x = (x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53;
        return (long)(x ^ (x >> 33));
    }
}
