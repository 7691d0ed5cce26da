using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>One fixed value of everything that consensus sends or keeps: what golden bytes are of.</summary>
internal static class ConsensusSamples
{
    public static readonly Ed25519Signer Signer = Ed25519Signer.FromSeed(new byte[32]);

    public static readonly Genesis Genesis = new(
        1, "golden", 1_700_000_000_000, new MemberSet([new Member("hospital-a", Signer.PublicKey)]), ConsensusParameters.Default, [1, 2]);

    public static readonly Transaction Transaction = Transaction.Create(Genesis.ChainId, 7, "hospital-a", 42, [1, 2, 3], Signer);

    public static readonly Block Block = new(
        new BlockHeader(1, Genesis.ChainId, 0, 5, 1_700_000_000_500, D(1), Block.RootOf([Transaction]), D(2), D(3), MerkleTree.Root([]), D(4), D(5),
            D(6), 0), [Transaction], []);

    public static readonly Vote Vote = new(
        StatementType.Prevote, 5, 2, Block.Id, 0, Signer.Sign(SignedStatement.Bytes(StatementType.Prevote, Genesis.ChainId, 0, 5, 2, Block.Id)));

    public static readonly QuorumCertificate Polka = new(StatementType.Prevote, 0, 5, 2, Block.Id, 1, [Vote.Signature]);

    public static readonly Proposal Proposal = new(3, 2, Block, Polka, new byte[64]);

    public static readonly Equivocation Evidence = Equivocation.Of(
        StatementType.Prevote, 0, 5, 2, 0, new ConflictingStatement(D(1), -1, new byte[64]), new ConflictingStatement(D(2), -1, new byte[64]));

    public static CommittedBlock Committed => new(Block, Polka with { Type = StatementType.Precommit });

    /// <summary>One of each kind of record, by the name of its golden file.</summary>
    public static IReadOnlyDictionary<string, JournalRecord> Records { get; } = new Dictionary<string, JournalRecord>
    {
        ["founded"] = new JournalRecord.Founded("hospital-a", Genesis),
        ["stored"] = new JournalRecord.Stored(Block),
        ["proposed"] = new JournalRecord.Proposed(5, 3, 2, Block.Id, Polka, new byte[64]),
        ["voted"] = new JournalRecord.Voted(Vote),
        ["locked"] = new JournalRecord.Locked(Polka),
        ["committed"] = new JournalRecord.Committed(Committed.Certificate),
        ["entered"] = new JournalRecord.Entered(5, 2, [Vote]),
        ["restored"] = new JournalRecord.Restored(5),
        ["piece"] = new JournalRecord.Piece(5, [1, 2, 3]),
        ["adopted"] = new JournalRecord.Adopted(new CertifiedHeader(Block.Header, Committed.Certificate), D(7)),
    };

    public static Digest D(byte b) => new([.. Enumerable.Repeat(b, 32)]);
}
