using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>What a replica makes durable, as the canonical array [kind, body]. Votes and certificates name blocks recorded before them.</summary>
public abstract record JournalRecord : ICanonical<JournalRecord>
{
    private protected abstract int Kind { get; }

    /// <summary>The version of <see cref="JournalEntry"/> that brought this kind of record.</summary>
    internal virtual int Since => 1;

    private protected abstract void WriteBody(CanonicalWriter writer);

    /// <summary>The first record of every journal: whose replica of which chain this is.</summary>
    public sealed record Founded(string Member, Genesis Genesis) : JournalRecord
    {
        private protected override int Kind => 1;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Array(2).Text(Member).Item(Genesis).EndArray();
    }

    /// <summary>A block that later records of its height name by id.</summary>
    public sealed record Stored(Block Block) : JournalRecord
    {
        private protected override int Kind => 2;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Item(Block);
    }

    /// <summary>The own proposal of a round.</summary>
    public sealed record Proposed(long Height, int Round, int ValidRound, Digest BlockId, QuorumCertificate? Polka, byte[] Signature)
        : JournalRecord
    {
        private protected override int Kind => 3;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Array(6).Int(Height).Int(Round).Int(ValidRound)
            .Digest(BlockId).List(Polka is null ? [] : new[] { Polka }).Bytes(Signature).EndArray();
    }

    /// <summary>An own vote; it also stands for the entry into its round.</summary>
    public sealed record Voted(Vote Vote) : JournalRecord
    {
        private protected override int Kind => 4;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Item(Vote);
    }

    /// <summary>The polka on which the replica locked; in one entry with the precommit that follows from it.</summary>
    public sealed record Locked(QuorumCertificate Polka) : JournalRecord
    {
        private protected override int Kind => 5;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Item(Polka);
    }

    /// <summary>The commit certificate that ends a height.</summary>
    public sealed record Committed(QuorumCertificate Certificate) : JournalRecord
    {
        private protected override int Kind => 6;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Item(Certificate);
    }

    /// <summary>
    /// The entry into a round above 0, with the votes that justified it: after a restart they still bring along those who stayed behind.
    /// </summary>
    public sealed record Entered(long Height, int Round, IReadOnlyList<Vote> Votes) : JournalRecord
    {
        private protected override int Kind => 7;

        private protected override void WriteBody(CanonicalWriter writer) =>
            writer.Array(3).Int(Height).Int(Round).List(Votes).EndArray();
    }

    /// <summary>
    /// The journal up to here is an old copy: what was signed after <paramref name="Height"/>, its last committed block, may be forgotten.
    /// </summary>
    public sealed record Restored(long Height) : JournalRecord
    {
        private protected override int Kind => 8;

        internal override int Since => 2;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Int(Height);
    }

    /// <summary>A part of a state that the next <see cref="Adopted"/> takes over.</summary>
    /// <param name="Height">The state is that after this height.</param>
    public sealed record Piece(long Height, byte[] Bytes) : JournalRecord
    {
        public const int MaxBytes = 256 * 1024;

        private protected override int Kind => 9;

        internal override int Since => 3;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Array(2).Int(Height).Bytes(Bytes).EndArray();
    }

    /// <summary>
    /// The replica went on from a state that others had, put together from the pieces before, instead of executing every block.
    /// </summary>
    /// <param name="Next">The certified header above the state.</param>
    /// <param name="Content">Digest of the canonical <see cref="Snapshots.ChainSnapshot"/>.</param>
    public sealed record Adopted(CertifiedHeader Next, Digest Content) : JournalRecord
    {
        private protected override int Kind => 10;

        internal override int Since => 3;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Array(2).Item(Next).Digest(Content).EndArray();
    }

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(2).Int(Kind);
        WriteBody(writer);
        writer.EndArray();
    }

    public static JournalRecord ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        JournalRecord record = reader.Int32(1, 10) switch
        {
            1 => ReadFounded(reader),
            2 => new Stored(reader.Item<Block>()),
            3 => ReadProposed(reader),
            4 => new Voted(reader.Item<Vote>()),
            5 => new Locked(reader.Item<QuorumCertificate>()),
            6 => new Committed(reader.Item<QuorumCertificate>()),
            7 => ReadEntered(reader),
            8 => new Restored(reader.Int(0)),
            9 => ReadPiece(reader),
            _ => ReadAdopted(reader),
        };
        reader.EndArray();
        return record;
    }

    private static Piece ReadPiece(CanonicalReader reader)
    {
        reader.Array(2);
        var piece = new Piece(reader.Int(1), reader.Bytes(Piece.MaxBytes));
        reader.EndArray();
        return piece;
    }

    private static Adopted ReadAdopted(CanonicalReader reader)
    {
        reader.Array(2);
        var adopted = new Adopted(reader.Item<CertifiedHeader>(), reader.Digest());
        reader.EndArray();
        return adopted;
    }

    private static Founded ReadFounded(CanonicalReader reader)
    {
        reader.Array(2);
        var founded = new Founded(reader.Text(Member.MaxIdLength), reader.Item<Genesis>());
        reader.EndArray();
        return founded;
    }

    private static Entered ReadEntered(CanonicalReader reader)
    {
        reader.Array(3);
        var entered = new Entered(reader.Int(1), reader.Int32(1), reader.List<Vote>(MemberSet.MaxMembers));
        reader.EndArray();
        return entered;
    }

    private static Proposed ReadProposed(CanonicalReader reader)
    {
        reader.Array(6);
        long height = reader.Int(1);
        int round = reader.Int32(0);
        var proposed = new Proposed(
            height, round, reader.Int32(-1, round - 1), reader.Digest(), reader.List<QuorumCertificate>(1).FirstOrDefault(),
            reader.FixedBytes(Ed25519Signer.SignatureSize));
        reader.EndArray();
        return proposed;
    }
}
