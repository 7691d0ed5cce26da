namespace Pipeline.Ledger.Consensus;

/// <summary>An operator's own clock settings; members need not agree on them. Defaults are those of CometBFT.</summary>
/// <param name="Propose">How long round 0 waits for a proposal.</param>
/// <param name="Vote">How long round 0 waits for the rest after n−f votes of one type.</param>
/// <param name="RoundIncrement">Added to both for every further round.</param>
/// <param name="Tick">How often the newest messages are repeated.</param>
/// <param name="BlockInterval">A new height waits at least this long after the one before, so that transactions gather.</param>
public sealed record ConsensusTimeouts(TimeSpan Propose, TimeSpan Vote, TimeSpan RoundIncrement, TimeSpan Tick, TimeSpan BlockInterval)
{
    public static ConsensusTimeouts Default { get; } = new(
        TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.5));

    /// <summary>For replicas that share one machine.</summary>
    public static ConsensusTimeouts Local { get; } = new(
        TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(500),
        TimeSpan.FromMilliseconds(20));

    public TimeSpan Of(ConsensusStep step, int round) =>
        (step == ConsensusStep.Propose ? Propose : Vote) + RoundIncrement * Math.Min(round, 1000);
}
