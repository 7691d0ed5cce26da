using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>What later blocks are judged by of an earlier one; its header binds the rest.</summary>
/// <param name="Transactions">Their leaf hashes (<see cref="Transaction.Leaf"/>), in order.</param>
/// <param name="Evidence">As in the block.</param>
public sealed record RecentBlock(BlockHeader Header, IReadOnlyList<Digest> Transactions, IReadOnlyList<byte[]> Evidence) : ICanonical<RecentBlock>
{
    public static RecentBlock Of(Block block) => new(block.Header, [.. block.Transactions.Select(t => t.Leaf)], block.Evidence);

    /// <summary>Null when leaves and evidence are those of the header's roots; otherwise what is wrong.</summary>
    public string? VerifyRoots()
    {
        if (MerkleTree.RootOfHashes([.. Transactions]) != Header.TransactionsRoot)
            return $"the transactions of block {Header.Height} are not those of its header's root";
        return MerkleTree.Root(Evidence) == Header.EvidenceRoot ? null : $"the evidence of block {Header.Height} is not that of its header's root";
    }

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(3).Item(Header).Array(Transactions.Count);
        foreach (var leaf in Transactions)
            writer.Digest(leaf);
        writer.EndArray().Array(Evidence.Count);
        foreach (byte[] item in Evidence)
            writer.Bytes(item);
        writer.EndArray().EndArray();
    }

    public static RecentBlock ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var header = reader.Item<BlockHeader>();
        // Grown by what is really there: a header that claims many items allocates nothing.
        var transactions = new List<Digest>();
        for (int left = reader.ArrayHeader(Block.MaxTransactions); left > 0; left--)
            transactions.Add(reader.Digest());
        reader.EndArray();
        var evidence = new byte[reader.ArrayHeader(Block.MaxEvidence)][];
        for (int i = 0; i < evidence.Length; i++)
            evidence[i] = reader.Bytes(Block.MaxEvidenceBytes);
        reader.EndArray();
        reader.EndArray();
        return new RecentBlock(header, transactions, evidence);
    }
}
