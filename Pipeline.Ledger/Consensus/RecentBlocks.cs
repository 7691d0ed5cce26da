using Pipeline.Ledger.Blocks;

namespace Pipeline.Ledger.Consensus;

/// <summary>The newest applied blocks in memory, bounded in number and bytes; older ones are read from the journal.</summary>
internal sealed class RecentBlocks(int capacity = RecentBlocks.Capacity, long maxBytes = RecentBlocks.MaxBytes)
{
    public const int Capacity = 256;
    public const long MaxBytes = 32 << 20;

    private readonly Queue<ChainProtocol.BlockApplied> _blocks = [];
    private long _bytes;

    /// <summary>The last applied height; 0 after the genesis.</summary>
    public long Height { get; private set; }

    /// <summary>The height below the oldest block held: those above it are here.</summary>
    public long Base => Height - _blocks.Count;

    public void Add(ChainProtocol.BlockApplied applied)
    {
        Height = applied.Block.Height;
        _blocks.Enqueue(applied);
        _bytes += SizeOf(applied.Block);
        while (_blocks.Count > capacity || (_blocks.Count > 1 && _bytes > maxBytes))
            _bytes -= SizeOf(_blocks.Dequeue().Block);
    }

    /// <summary>The chain goes on from a state after this height.</summary>
    public void Reset(long height)
    {
        _blocks.Clear();
        _bytes = 0;
        Height = height;
    }

    /// <summary>The blocks above a height that is at or above <see cref="Base"/>.</summary>
    public IEnumerable<ChainProtocol.BlockApplied> Above(long height) => _blocks.SkipWhile(b => b.Block.Height <= height);

    /// <summary>What a block weighs on the wire, from above (bytes).</summary>
    public static int SizeOf(CommittedBlock committed) =>
        8192 + committed.Block.Transactions.Sum(t => t.Body.Length + 256) + committed.Block.Evidence.Sum(e => e.Length);
}
