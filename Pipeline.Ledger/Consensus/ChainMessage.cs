using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Snapshots;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Everything the replicas of a chain say to each other on the consensus and sync lanes, as the canonical array [kind, body]. The
/// network attributes a message to its sender; statements inside carry their own signatures.
/// </summary>
public abstract record ChainMessage : ICanonical<ChainMessage>
{
    /// <summary>No message is larger (bytes); checked before decoding. Room for a full block with its certificates.</summary>
    public const int MaxBytes = Block.MaxBytes + 64 * 1024;

    public const int MaxVotes = 4 * MemberSet.MaxMembers;
    public const int MaxBlocks = 64;
    public const int MaxTransactions = 64;

    /// <summary>The height the message is about; 0 where that means nothing.</summary>
    public abstract long Height { get; }

    private protected abstract int Kind { get; }

    private protected abstract void WriteBody(CanonicalWriter writer);

    /// <summary>A block for a round.</summary>
    public sealed record Propose(Proposal Proposal) : ChainMessage
    {
        public override long Height => Proposal.Height;

        private protected override int Kind => 1;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Item(Proposal);
    }

    /// <summary>
    /// Votes of one height by any members: a fresh vote, the sender's own repeated, or the votes that justified entering a round (a round
    /// certificate: f+1 of a higher round, or n−f precommits of the round before).
    /// </summary>
    public sealed record Votes(IReadOnlyList<Vote> Items) : ChainMessage
    {
        public override long Height => Items.Count == 0 ? 0 : Items[0].Height;

        private protected override int Kind => 2;

        private protected override void WriteBody(CanonicalWriter writer) => writer.List(Items);
    }

    /// <summary>A polka (n−f prevotes for a block) with the block where the sender holds it: makes hidden locks visible.</summary>
    public sealed record Polka(QuorumCertificate Certificate, Block? Block) : ChainMessage
    {
        public override long Height => Certificate.Height;

        private protected override int Kind => 3;

        private protected override void WriteBody(CanonicalWriter writer) =>
            writer.Array(2).Item(Certificate).List(Block is null ? [] : new[] { Block }).EndArray();
    }

    /// <summary>A decided block, for a laggard.</summary>
    public sealed record Decided(CommittedBlock Committed) : ChainMessage
    {
        public override long Height => Committed.Height;

        private protected override int Kind => 4;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Item(Committed);
    }

    /// <summary>
    /// Where the sender stands: the height and round it works on. An answer adds the newest signatures of the asker that the sender holds:
    /// a replica whose journal was rolled back learns of them before it signs again.
    /// </summary>
    /// <param name="Yours">Newest prevote and precommit, at the sender's height and the one above.</param>
    /// <param name="YourProposals">Newest proposal, at the sender's height and the one above.</param>
    public sealed record Status(
        long At, int Round, StatusKind Purpose, IReadOnlyList<Vote> Yours, IReadOnlyList<ProposalStatement> YourProposals) : ChainMessage
    {
        public const int MaxYours = 4;
        public const int MaxProposals = 2;

        public override long Height => At;

        private protected override int Kind => 5;

        private protected override void WriteBody(CanonicalWriter writer) =>
            writer.Array(5).Int(At).Int(Round).Int((int)Purpose).List(Yours).List(YourProposals).EndArray();
    }

    /// <summary>Asks for at most <paramref name="Count"/> committed blocks from <paramref name="From"/> on.</summary>
    public sealed record GetBlocks(long From, int Count) : ChainMessage
    {
        public override long Height => From;

        private protected override int Kind => 6;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Array(2).Int(From).Int(Count).EndArray();
    }

    /// <summary>Consecutive committed blocks; fewer than asked for where the size bound or the chain's end cuts.</summary>
    public sealed record Blocks(IReadOnlyList<CommittedBlock> Items) : ChainMessage
    {
        public override long Height => Items.Count == 0 ? 0 : Items[0].Height;

        private protected override int Kind => 7;

        private protected override void WriteBody(CanonicalWriter writer) => writer.List(Items);
    }

    /// <summary>Transactions for the receiver's mempool.</summary>
    public sealed record Transactions(IReadOnlyList<Transaction> Items) : ChainMessage
    {
        public override long Height => 0;

        private protected override int Kind => 8;

        private protected override void WriteBody(CanonicalWriter writer) => writer.List(Items);
    }

    /// <summary>Proved equivocations for the receiver's next block, so that whoever found them need not live to propose one.</summary>
    public sealed record Evidence(IReadOnlyList<Equivocation> Items) : ChainMessage
    {
        public override long Height => 0;

        private protected override int Kind => 9;

        private protected override void WriteBody(CanonicalWriter writer) => writer.List(Items);
    }

    /// <summary>Asks for a snapshot of this height or above.</summary>
    public sealed record GetSnapshot(long From) : ChainMessage
    {
        public override long Height => 0;

        private protected override int Kind => 10;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Int(From);
    }

    /// <summary>The sender's newest snapshot. Its content is a payload of the chain, fetched as such from whoever holds it.</summary>
    /// <param name="Next">The certified header above the state.</param>
    /// <param name="Content">Digest of the canonical <see cref="ChainSnapshot"/>.</param>
    /// <param name="Bytes">Its size.</param>
    public sealed record SnapshotOffer(CertifiedHeader Next, Digest Content, long Bytes) : ChainMessage
    {
        /// <summary>No height of consensus: nobody votes there any more.</summary>
        public override long Height => 0;

        /// <summary>The state is that after this height.</summary>
        public long StateHeight => Next.Header.Height - 1;

        private protected override int Kind => 11;

        private protected override void WriteBody(CanonicalWriter writer) => writer.Array(3).Item(Next).Digest(Content).Int(Bytes).EndArray();
    }

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(2).Int(Kind);
        WriteBody(writer);
        writer.EndArray();
    }

    public static ChainMessage ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        int kind = reader.Int32(1, 11);
        ChainMessage message = kind switch
        {
            1 => new Propose(reader.Item<Proposal>()),
            2 => new Votes(reader.List<Vote>(MaxVotes)),
            3 => ReadPolka(reader),
            4 => new Decided(reader.Item<CommittedBlock>()),
            5 => ReadStatus(reader),
            6 => ReadGetBlocks(reader),
            7 => new Blocks(reader.List<CommittedBlock>(MaxBlocks)),
            8 => new Transactions(reader.List<Transaction>(MaxTransactions)),
            9 => new Evidence(reader.List<Equivocation>(Block.MaxEvidence)),
            10 => new GetSnapshot(reader.Int(1)),
            _ => ReadSnapshotOffer(reader),
        };
        reader.EndArray();
        return message;
    }

    private static Polka ReadPolka(CanonicalReader reader)
    {
        reader.Array(2);
        var polka = new Polka(reader.Item<QuorumCertificate>(), reader.List<Block>(1).FirstOrDefault());
        reader.EndArray();
        return polka;
    }

    private static Status ReadStatus(CanonicalReader reader)
    {
        reader.Array(5);
        var status = new Status(
            reader.Int(1), reader.Int32(0), (StatusKind)reader.Int32(0, (int)StatusKind.Answer), reader.List<Vote>(Status.MaxYours),
            reader.List<ProposalStatement>(Status.MaxProposals));
        reader.EndArray();
        return status;
    }

    private static SnapshotOffer ReadSnapshotOffer(CanonicalReader reader)
    {
        reader.Array(3);
        var offer = new SnapshotOffer(reader.Item<CertifiedHeader>(), reader.Digest(), reader.Int(1, ChainSnapshot.MaxBytes));
        reader.EndArray();
        return offer;
    }

    private static GetBlocks ReadGetBlocks(CanonicalReader reader)
    {
        reader.Array(2);
        var get = new GetBlocks(reader.Int(1), reader.Int32(1, MaxBlocks));
        reader.EndArray();
        return get;
    }
}
