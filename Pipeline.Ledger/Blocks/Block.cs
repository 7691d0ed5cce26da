using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>A header with what its roots commit to: transactions, and evidence of equivocation as canonical bytes.</summary>
public sealed record Block(BlockHeader Header, IReadOnlyList<Transaction> Transactions, IReadOnlyList<byte[]> Evidence) : ICanonical<Block>
{
    public const int MaxTransactions = 1024;
    public const int MaxEvidence = 16;
    public const int MaxEvidenceBytes = 16 * 1024;

    /// <summary>What a block may weigh on the wire and in the journal.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    public Digest Id => Header.Id;

    public static Digest RootOf(IReadOnlyList<Transaction> transactions) =>
        MerkleTree.RootOfHashes([.. transactions.Select(t => t.Leaf)]);

    /// <summary>Null when the roots in the header are those of the content; otherwise what is wrong.</summary>
    public string? VerifyRoots()
    {
        if (RootOf(Transactions) != Header.TransactionsRoot)
            return "the transactions are not those of the header's root";
        return MerkleTree.Root(Evidence) == Header.EvidenceRoot ? null : "the evidence is not that of the header's root";
    }

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(3).Item(Header).List(Transactions).Array(Evidence.Count);
        foreach (var item in Evidence)
            writer.Bytes(item);
        writer.EndArray().EndArray();
    }

    public static Block ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var header = reader.Item<BlockHeader>();
        var transactions = reader.List<Transaction>(MaxTransactions);
        int count = reader.ArrayHeader(MaxEvidence);
        var evidence = new byte[count][];
        for (int i = 0; i < count; i++)
            evidence[i] = reader.Bytes(MaxEvidenceBytes);
        reader.EndArray();
        reader.EndArray();
        return new Block(header, transactions, evidence);
    }
}
