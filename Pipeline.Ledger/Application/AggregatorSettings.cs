namespace Pipeline.Ledger.Application;

/// <param name="RetryInterval">Until a failed fetch or a failed store is tried again.</param>
/// <param name="ResubmitInterval">Until an attestation that no block holds is submitted again.</param>
/// <param name="AskAgainInterval">Until the exchange is asked again for what it has not answered.</param>
/// <param name="KeepRounds">
/// Update payloads and models of older final rounds are deleted from the store once a snapshot covers them; a missing model can be recomputed from this far back. At least
/// <see cref="Rounds.RoundMachine.RememberedFinals"/>, or training cannot be restarted from each of them.
/// </param>
public sealed record AggregatorSettings(TimeSpan RetryInterval, TimeSpan ResubmitInterval, TimeSpan AskAgainInterval, int KeepRounds)
{
    public static AggregatorSettings Default { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10), Rounds.RoundMachine.RememberedFinals);
}
