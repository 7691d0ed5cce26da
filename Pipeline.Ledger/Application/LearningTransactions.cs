using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Application;

/// <summary>Kinds of the transactions of a learning chain (<see cref="Blocks.Transaction.Kind"/>).</summary>
public static class LearningTransactions
{
    /// <summary>Body: <see cref="Rounds.Contribution"/>.</summary>
    public const int Contribution = 1;

    /// <summary>Body: <see cref="Rounds.Attestation"/>.</summary>
    public const int Attestation = 2;

    /// <summary>Body: <see cref="Rounds.Metrics"/>.</summary>
    public const int Metrics = 3;

    /// <summary>Body: <see cref="Bridge.BridgeDelivery"/>.</summary>
    public const int BridgeDelivery = 4;

    /// <summary>Body: <see cref="Bridge.GateVote"/>.</summary>
    public const int GateVote = 5;

    /// <summary>Body: <see cref="Bridge.ForkProof"/>.</summary>
    public const int ForkProof = 6;

    /// <summary>Body: <see cref="Governance.GovernanceVote"/>.</summary>
    public const int GovernanceVote = 7;

    /// <summary>Body: <see cref="Bridge.AckDelivery"/>.</summary>
    public const int AckDelivery = 8;

    /// <summary>Body: <see cref="Bridge.ClientUpdate"/>.</summary>
    public const int ClientUpdate = 9;

    /// <summary>Body: <see cref="Rounds.Withdrawal"/>.</summary>
    public const int Withdrawal = 10;

    /// <summary>Body: <see cref="Rounds.TrialVote"/>.</summary>
    public const int TrialVote = 11;

    /// <summary>What people call a kind.</summary>
    public static string NameOf(int kind) => kind switch
    {
        Contribution => "contribution",
        Attestation => "attestation",
        Metrics => "metrics",
        BridgeDelivery => "bridge delivery",
        GateVote => "gate vote",
        ForkProof => "fork proof",
        GovernanceVote => "governance vote",
        AckDelivery => "ack delivery",
        ClientUpdate => "client update",
        Withdrawal => "withdrawal",
        TrialVote => "trial vote",
        _ => $"kind {kind}",
    };

    /// <summary>The command in a transaction's body; null when it is none of its kind.</summary>
    public static object? Decode(Transaction transaction) => transaction.Kind switch
    {
        Contribution => Decode<Rounds.Contribution>(transaction),
        Attestation => Decode<Rounds.Attestation>(transaction),
        Metrics => Decode<Rounds.Metrics>(transaction),
        BridgeDelivery => Decode<Bridge.BridgeDelivery>(transaction),
        GateVote => Decode<Bridge.GateVote>(transaction),
        ForkProof => Decode<Bridge.ForkProof>(transaction),
        GovernanceVote => Decode<Governance.GovernanceVote>(transaction),
        AckDelivery => Decode<Bridge.AckDelivery>(transaction),
        ClientUpdate => Decode<Bridge.ClientUpdate>(transaction),
        Withdrawal => Decode<Rounds.Withdrawal>(transaction),
        TrialVote => Decode<Rounds.TrialVote>(transaction),
        _ => null,
    };

    private static T? Decode<T>(Transaction transaction) where T : class, ICanonical<T> =>
        Canonical.TryDecode<T>(transaction.Body, out var body, out _) ? body : null;
}
