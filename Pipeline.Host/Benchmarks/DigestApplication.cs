using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Benchmarks;

/// <summary>The least that a chain can do with transactions: a digest over the blocks, so that what is measured is the ledger.</summary>
internal sealed class DigestApplication : IChainApplication
{
    private static readonly Digest Empty = Digest.Of([]);

    public long Height { get; private set; }

    public Digest StateRoot { get; private set; } = Empty;

    public Digest OutboxRoot => Empty;

    public bool WantsBlock => false;

    public string? Check(Transaction transaction) => null;

    public BlockOutcome Apply(Block block)
    {
        if (block.Header.Height != Height + 1)
            throw new InvalidOperationException($"height {block.Header.Height} after {Height}");
        Height++;
        Span<byte> both = stackalloc byte[2 * Digest.Size];
        StateRoot.CopyTo(both);
        block.Header.TransactionsRoot.CopyTo(both[Digest.Size..]);
        StateRoot = Digest.Of(both);
        return new BlockOutcome([.. block.Transactions.Select(t => new TransactionReceipt(t.Id, null))], []);
    }

    public byte[] Save()
    {
        var state = new byte[Digest.Size];
        StateRoot.CopyTo(state);
        return state;
    }

    public string? Restore(ReadOnlyMemory<byte> state, BlockHeader next)
    {
        if (state.Length != Digest.Size || new Digest(state.Span) != next.StateRoot)
            return $"not the state that header {next.Height} commits to";
        (Height, StateRoot) = (next.Height - 1, next.StateRoot);
        return null;
    }
}
