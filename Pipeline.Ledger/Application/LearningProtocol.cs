using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>
/// What a chain's aggregator tells its listener (the site's learner). Local messages, sent in the order in which they happened; nothing
/// here crosses a process. To the chain itself a site speaks by <see cref="TransactionFactory"/> and <see cref="ChainProtocol.Submit"/>.
/// </summary>
public static class LearningProtocol
{
    /// <summary>
    /// Every event of the chain since this site's aggregator started, in order; before them, how the rounds closed that the chain's state
    /// remembers.
    /// </summary>
    /// <param name="Replayed">It happened earlier: learn from it, do not act on it.</param>
    public sealed record ChainEvent(long Height, IChainEvent Event, bool Replayed);

    /// <summary>All that the journal held has been told; what follows is new. The newest open round's model follows as <see cref="ModelReady"/>.</summary>
    public sealed record CaughtUp(long Height);

    /// <summary>The base model of an open round is held here: train. Sent once per round after <see cref="CaughtUp"/>.</summary>
    /// <param name="Round">The round that is open.</param>
    /// <param name="Base">Digest of <paramref name="Model"/>, the base that an update must name.</param>
    /// <param name="Seed">Id of the block that opened the round.</param>
    /// <param name="Branch">What the round goes on with.</param>
    public sealed record ModelReady(long Round, Digest Base, Digest Seed, FixedPointModel Model, RoundBranch Branch = default);

    /// <summary>Both models of a trial are held here: compare them on private data, then submit a <see cref="TrialVote"/>.</summary>
    /// <param name="Began">The trial's first round.</param>
    public sealed record TrialModelsReady(long Began, FixedPointModel Own, FixedPointModel Offered);

    /// <summary>The policy's last round is final and its model is held here: personalize. Sent again after a restart.</summary>
    public sealed record FinalModelReady(long Round, FixedPointModel Model);

    /// <summary>An offered backbone is held here: judge it on private data, then submit a gate vote.</summary>
    /// <param name="Backbone">The decoded payload, checked against the packet.</param>
    public sealed record AuxiliaryReady(AuxiliaryPacket Packet, BackbonePayload Backbone);

    /// <summary>This replica computed another model than the one n−f members attested; it goes on from the attested one.</summary>
    public sealed record Diverged(long Round, Digest Own, Digest Attested);

    /// <summary>How far the updates of a closed round stand from each other: for an operator to look at, never to act on unseen.</summary>
    public sealed record UpdatesCompared(long Round, IReadOnlyList<SuspicionScore> Scores);
}
