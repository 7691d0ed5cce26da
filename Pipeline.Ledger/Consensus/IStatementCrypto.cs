using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>Signs and verifies the statements of one chain and epoch; the simulator replaces it by symbols.</summary>
internal interface IStatementCrypto
{
    byte[] Sign(StatementType type, long height, int round, Digest blockId, int validRound);

    bool Verify(int seat, StatementType type, long height, int round, Digest blockId, int validRound, byte[] signature);
}
