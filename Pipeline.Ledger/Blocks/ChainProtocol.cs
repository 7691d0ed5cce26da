using Akka.Actor;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>What the rest of a site says to a chain's replica actor and hears from it. Local messages; nothing here crosses a process.</summary>
public static class ChainProtocol
{
    /// <summary>Puts a transaction into the mempool and gossips it. Answered by <see cref="SubmitAccepted"/> or <see cref="SubmitRefused"/>.</summary>
    public sealed record Submit(Transaction Transaction);

    public sealed record SubmitAccepted(Digest TransactionId);

    public sealed record SubmitRefused(Digest TransactionId, string Reason);

    /// <summary>
    /// From now on <paramref name="Subscriber"/> receives a <see cref="BlockApplied"/> for every block of height &gt;
    /// <paramref name="AfterHeight"/>, in order; those already applied are sent first, from the journal.
    /// </summary>
    public sealed record Subscribe(IActorRef Subscriber, long AfterHeight);

    /// <summary>
    /// From now on <paramref name="Subscriber"/> receives a <see cref="BlockApplied"/> for every block above the state that <see cref="StateAt"/>
    /// brings first: for those who need where the chain stands and not how it came there.
    /// </summary>
    public sealed record Follow(IActorRef Subscriber);

    /// <summary>
    /// The whole state after a height. Also sent to every subscriber in place of blocks that this replica has skipped, because it went on from a
    /// snapshot of others.
    /// </summary>
    /// <param name="State">What the application saved (<see cref="IChainApplication.Save"/>).</param>
    public sealed record StateAt(long Height, byte[] State);

    /// <summary>A restart begins at this height or above: what only blocks up to it need may go. Sent to every subscriber.</summary>
    public sealed record SnapshotTaken(long Height);

    /// <summary>
    /// Sent once after <see cref="Subscribe"/> or <see cref="Follow"/>, when every block that the journal held has been delivered: act on what
    /// follows.
    /// </summary>
    public sealed record CaughtUp(long Height);

    public sealed record BlockApplied(CommittedBlock Block, BlockOutcome Outcome, Digest StateRoot);

    /// <summary>Answered by <see cref="ChainStatus"/>.</summary>
    public sealed record GetStatus
    {
        public static GetStatus Instance { get; } = new();
    }

    /// <param name="Syncing">The replica is behind and never signs until it has caught up.</param>
    /// <param name="WireBytes">Bytes this replica has sent to others (consensus, sync and transactions).</param>
    public sealed record ChainStatus(
        string Chain, Digest ChainId, long Height, int ConsensusRound, Digest StateRoot, bool Syncing, int PendingTransactions, long WireBytes);

    /// <summary>Answered by <see cref="Headers"/>: committed headers with certificates, for light clients.</summary>
    public sealed record GetHeaders(long FromHeight, int Count);

    public sealed record Headers(IReadOnlyList<(BlockHeader Header, QuorumCertificate Certificate)> Items);
}
