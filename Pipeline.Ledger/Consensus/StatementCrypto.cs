using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>The real thing: <see cref="SignedStatement"/> under the members' keys.</summary>
internal sealed class StatementCrypto(Digest chainId, long epoch, MemberSet members, ISigner? signer, ISignatureVerifier verifier)
    : IStatementCrypto
{
    public byte[] Sign(StatementType type, long height, int round, Digest blockId, int validRound) =>
        (signer ?? throw new InvalidOperationException("an observer has no key to sign with"))
        .Sign(SignedStatement.Bytes(type, chainId, epoch, height, round, blockId, validRound));

    public bool Verify(int seat, StatementType type, long height, int round, Digest blockId, int validRound, byte[] signature) =>
        verifier.Verify(members[seat].Key, SignedStatement.Bytes(type, chainId, epoch, height, round, blockId, validRound), signature);
}
