using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>Builds one member's signed transactions for one learning chain.</summary>
/// <param name="member">The institution; the sender of every transaction.</param>
/// <param name="signer">Its member key.</param>
public sealed class TransactionFactory(Digest chainId, string member, ISigner signer)
{
    public string Member => member;

    /// <param name="nonce">Makes otherwise equal commands distinct; the same arguments give the same transaction.</param>
    public Transaction Create(Contribution body, long nonce = 0) => Create(LearningTransactions.Contribution, body, nonce);

    public Transaction Create(Attestation body, long nonce = 0) => Create(LearningTransactions.Attestation, body, nonce);

    public Transaction Create(Metrics body, long nonce = 0) => Create(LearningTransactions.Metrics, body, nonce);

    public Transaction Create(BridgeDelivery body, long nonce = 0) => Create(LearningTransactions.BridgeDelivery, body, nonce);

    public Transaction Create(GateVote body, long nonce = 0) => Create(LearningTransactions.GateVote, body, nonce);

    public Transaction Create(ForkProof body, long nonce = 0) => Create(LearningTransactions.ForkProof, body, nonce);

    public Transaction Create(GovernanceVote body, long nonce = 0) => Create(LearningTransactions.GovernanceVote, body, nonce);

    public Transaction Create(AckDelivery body, long nonce = 0) => Create(LearningTransactions.AckDelivery, body, nonce);

    public Transaction Create(ClientUpdate body, long nonce = 0) => Create(LearningTransactions.ClientUpdate, body, nonce);

    public Transaction Create(Withdrawal body, long nonce = 0) => Create(LearningTransactions.Withdrawal, body, nonce);

    public Transaction Create(TrialVote body, long nonce = 0) => Create(LearningTransactions.TrialVote, body, nonce);

    private Transaction Create<T>(int kind, T body, long nonce) where T : ICanonical<T> =>
        Transaction.Create(chainId, kind, member, nonce, Canonical.Encode(body), signer);
}
