using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>Something that happened in a chain's state: what subscribers of a replica act on. Derived from blocks, never persisted.</summary>
public interface IChainEvent;

/// <summary>What a transaction did. A refused one stays in its block without effect.</summary>
/// <param name="Refusal">Null when it took effect; otherwise why not.</param>
public sealed record TransactionReceipt(Digest TransactionId, string? Refusal);

/// <summary>The effect of one block.</summary>
public sealed record BlockOutcome(IReadOnlyList<TransactionReceipt> Receipts, IReadOnlyList<IChainEvent> Events);

/// <summary>
/// The seam a chain's state machine stands behind. Deterministic: no clock, no randomness, no floats, no I/O; every replica that
/// applied the same blocks has the same roots. Used by one thread at a time.
/// </summary>
public interface IChainApplication
{
    /// <summary>The height of the last applied block; 0 after the genesis.</summary>
    long Height { get; }

    /// <summary>What block <see cref="Height"/> + 1 is made by; null where the rules and members of the genesis hold for ever.</summary>
    ChainRules? Rules => null;

    /// <summary>Commits to the whole state after <see cref="Height"/>.</summary>
    Digest StateRoot { get; }

    /// <summary>RFC 9162 root of all packets emitted so far.</summary>
    Digest OutboxRoot { get; }

    /// <summary>True when a block is due although no transaction waits (a deadline is pending).</summary>
    bool WantsBlock { get; }

    /// <summary>
    /// Null when the transaction would take effect on the current state; otherwise why not. The caller has verified the signature.
    /// Guards the mempool and a proposal; <see cref="Apply"/> decides again.
    /// </summary>
    string? Check(Transaction transaction);

    /// <summary>Executes the block of height <see cref="Height"/> + 1.</summary>
    /// <exception cref="InvalidOperationException">The block is of another height.</exception>
    BlockOutcome Apply(Block block);

    /// <summary>The whole state after <see cref="Height"/> as canonical bytes: what <see cref="Restore"/> takes.</summary>
    byte[] Save();

    /// <summary>
    /// Takes over a state that another replica, or this one in an earlier life, has saved. Null when that is done; otherwise what is wrong
    /// with the bytes, and nothing has changed.
    /// </summary>
    /// <param name="state">Untrusted, but for <paramref name="next"/>.</param>
    /// <param name="next">The certified header above the state: it commits to the roots after its parent.</param>
    string? Restore(ReadOnlyMemory<byte> state, BlockHeader next);
}
