using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>
/// The newest blocks, no transaction of which may come a second time. It is bounded, so that a chain's memory and its snapshots are: an older
/// transaction is the application's to refuse, whose commands each name a round, a sequence or a decision that is over by then.
/// </summary>
public sealed class ReplayWindow
{
    /// <summary>Blocks that are looked back on: a rule of the chain, equal for all members.</summary>
    public const int Length = 256;

    private readonly Queue<RecentBlock> _blocks = [];
    private readonly HashSet<Digest> _transactions = [];

    /// <summary>Oldest first.</summary>
    public IReadOnlyCollection<RecentBlock> Blocks => _blocks;

    public bool Contains(Transaction transaction) => _transactions.Contains(transaction.Leaf);

    /// <summary>The block was decided on top of the others.</summary>
    public void Add(RecentBlock block)
    {
        _blocks.Enqueue(block);
        _transactions.UnionWith(block.Transactions);
        if (_blocks.Count > Length)
            _transactions.ExceptWith(_blocks.Dequeue().Transactions);
    }

    public void Reset(IEnumerable<RecentBlock> blocks)
    {
        _blocks.Clear();
        _transactions.Clear();
        foreach (var block in blocks)
            Add(block);
    }
}
