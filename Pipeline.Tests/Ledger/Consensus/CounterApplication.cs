using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>Adds the first byte of every transaction's body; refuses zero.</summary>
/// <param name="ballast">Bytes beside the sum that a saved state has.</param>
internal sealed class CounterApplication(int ballast = 0) : IChainApplication
{
    private long _sum;

    public long Height { get; private set; }

    public long Sum => _sum;

    /// <summary>Blocks executed by this object.</summary>
    public int Applied { get; private set; }

    public Digest StateRoot => Digest.Of(Canonical.Encode(w => w.Array(2).Int(Height).Int(_sum).EndArray()));

    public Digest OutboxRoot => Digest.Of([]);

    public bool WantsBlock => false;

    public string? Check(Transaction transaction) => transaction.Body is [> 0, ..] ? null : "nothing to add";

    public BlockOutcome Apply(Block block)
    {
        if (block.Header.Height != Height + 1)
            throw new InvalidOperationException($"height {block.Header.Height} after {Height}");
        Height++;
        Applied++;
        foreach (var transaction in block.Transactions)
            _sum += transaction.Body[0];
        return new BlockOutcome([.. block.Transactions.Select(t => new TransactionReceipt(t.Id, null))], []);
    }

    public byte[] Save() => [.. BitConverter.GetBytes(_sum), .. new byte[ballast]];

    public string? Restore(ReadOnlyMemory<byte> state, BlockHeader next)
    {
        if (state.Length != sizeof(long) + ballast)
            return $"{state.Length} bytes are no sum";
        var restored = new CounterApplication { Height = next.Height - 1, _sum = BitConverter.ToInt64(state.Span[..sizeof(long)]) };
        if (restored.StateRoot != next.StateRoot)
            return $"a sum of {restored._sum} is not what header {next.Height} commits to";
        (Height, _sum) = (restored.Height, restored._sum);
        return null;
    }
}
