using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Snapshots;

namespace Pipeline.Ledger.Sync;

/// <summary>Walks the rows of one journal in order and says what is wrong with the first that is.</summary>
/// <param name="verifier">Checks what members signed.</param>
/// <param name="trusted">Signatures of blocks up to this one are not checked: its id commits to all of them.</param>
/// <param name="application">Replays the chain from its genesis, to compare the state that headers name; null, or a null result, replays none.</param>
internal sealed class JournalWalk(
    ISignatureVerifier verifier, TrustedHeader? trusted = null, Func<Genesis, IChainApplication?>? application = null)
{
    private readonly Dictionary<Digest, Block> _blocks = [];
    private readonly Dictionary<(StatementType, int), Digest> _said = [];
    private readonly Dictionary<int, QuorumCertificate> _polkas = [];
    private readonly ReplayWindow _window = new();
    private readonly StatePieces _pieces = new();
    private IChainApplication? _application;
    private Digest _seal;
    private BlockHeader? _last;
    private string _persistenceId = "";

    public Genesis? Genesis { get; private set; }

    public string? Member { get; private set; }

    /// <summary>Of the height that the next record belongs to.</summary>
    public ChainRules? Rules { get; private set; }

    /// <summary>Rows found good.</summary>
    public long Records { get; private set; }

    /// <summary>The last committed height.</summary>
    public long Height => _last?.Height ?? 0;

    /// <summary>The height that the next record belongs to.</summary>
    public long HeightOfWork => Genesis is null ? 0 : Height + 1;

    /// <summary>What the last good row committed, if it did.</summary>
    public CommittedBlock? Committed { get; private set; }

    /// <summary>What the committed block did, where an application replays the chain.</summary>
    public BlockOutcome? Outcome { get; private set; }

    /// <summary>The trusted header was met.</summary>
    public bool TrustReached { get; private set; }

    private ISignatureVerifier Signatures => trusted is null || TrustReached ? verifier : AnySignature.Instance;

    public string? Next(JournalRow row)
    {
        Committed = null;
        Outcome = null;
        if (row.SequenceNumber != Records + 1)
            return $"sequence number {row.SequenceNumber} where {Records + 1} follows: a record is missing or doubled";
        if (row.Serializer != LedgerSerializer.Id)
            return $"stored by serializer {row.Serializer}, not by {LedgerSerializer.Id}";
        if (JournalEntry.CheckManifest(row.Manifest) is { } unknown)
            return unknown;
        if (row.Deleted)
            return "marked as deleted";
        if (!Canonical.TryDecode<JournalEntry>(row.Bytes, out var entry, out var error))
            return $"its bytes were changed: {error}";
        if (entry.Manifest != row.Manifest)
            return $"stored as '{row.Manifest}' where its records make it '{entry.Manifest}'";
        if (!entry.Follows(_seal))
            return "its bytes were changed: the seal does not match";
        foreach (var record in entry.Records)
        {
            if (Check(record) is { } fault)
                return fault;
        }

        if (Genesis is null || (Records > 0 && row.PersistenceId != _persistenceId))
            return $"belongs to '{row.PersistenceId}', not to '{_persistenceId}'";
        if (Records == 0)
        {
            _persistenceId = row.PersistenceId;
            if (_persistenceId != JournalConfig.OwnerOf(Genesis.Name, Member!))
                return $"belongs to '{_persistenceId}', not to chain '{Genesis.Name}' of '{Member}'";
        }

        _seal = entry.Seal;
        Records++;
        return null;
    }

    private string? Check(JournalRecord record)
    {
        if (record is JournalRecord.Founded founded)
        {
            if (Genesis is not null)
                return "a second genesis";
            Genesis = founded.Genesis;
            Rules = ChainRules.Of(founded.Genesis);
            Member = founded.Member;
            return StartApplication(founded.Genesis);
        }

        if (Genesis is not { } genesis)
            return "the genesis is not the first record";
        switch (record)
        {
            case JournalRecord.Stored { Block: var block }:
                _blocks[block.Id] = block;
                return CheckBlock(genesis, Rules!, block);
            case JournalRecord.Proposed p:
                return CheckOwn(genesis, Rules!, StatementType.Proposal, p.Height, p.Round, p.BlockId, p.ValidRound, p.Signature)
                    ?? (p.Polka is null ? null : CheckCertificate(genesis, Rules!, p.Polka, StatementType.Prevote, p.Height, p.BlockId));
            case JournalRecord.Voted { Vote: var v }:
                return v.Seat != Rules!.Members.IndexOf(Member!)
                    ? $"a vote of seat {v.Seat}, which is not '{Member}'"
                    : CheckOwn(genesis, Rules, v.Type, v.Height, v.Round, v.BlockId, -1, v.Signature) ?? CheckLock(v);
            case JournalRecord.Locked { Polka: var polka }:
                _polkas[polka.Round] = polka;
                return CheckCertificate(genesis, Rules!, polka, StatementType.Prevote, HeightOfWork, polka.BlockId);
            case JournalRecord.Entered entered:
                return entered.Height != HeightOfWork ? $"enters a round of height {entered.Height} at height {HeightOfWork}" : null;
            case JournalRecord.Restored restored:
                return restored.Height != Height ? $"restored at height {restored.Height} where height {Height} is the last" : null;
            case JournalRecord.Committed { Certificate: var certificate }:
                return CheckCommit(genesis, certificate);
            case JournalRecord.Piece piece:
                _pieces.Add(piece, Records);
                return null;
            case JournalRecord.Adopted adopted:
                return CheckAdopted(genesis, adopted);
            default:
                return $"a record of unknown kind {record.GetType().Name}";
        }
    }

    private string? CheckBlock(Genesis genesis, ChainRules rules, Block block)
    {
        var header = block.Header;
        if (rules.Version > ProtocolVersion.Newest)
            return $"block {header.Height} is made under protocol version {rules.Version}, and this build knows versions up to {ProtocolVersion.Newest}";
        if (header.Version != rules.Version)
            return $"block {header.Height} is of version {header.Version} where {rules.Version} is in force";
        if (header.ChainId != genesis.ChainId || header.Epoch != rules.Epoch)
            return $"block {header.Height} is of chain {header.ChainId.Short}, epoch {header.Epoch}, where epoch {rules.Epoch} is under way";
        if (header.Height != HeightOfWork)
            return $"block of height {header.Height} at height {HeightOfWork}";
        if (header.Parent != (_last?.Id ?? Digest.Zero))
            return $"block {header.Height} does not link to the block before it";
        if (header.Time <= (_last?.Time ?? genesis.Time))
            return $"block {header.Height} is not later than the block before it";
        if (header.MembersHash != rules.Members.Hash || header.NextMembersHash != rules.NextMembers.Hash)
            return $"block {header.Height} names another member set";
        if (header.ParametersHash != genesis.Parameters.Hash)
            return $"block {header.Height} names other consensus parameters";
        if (header.Proposer >= rules.Members.Count)
            return $"block {header.Height} is proposed from seat {header.Proposer}, beyond the {rules.Members.Count} members";
        if (block.VerifyRoots() is { } roots)
            return $"block {header.Height}: {roots}";
        foreach (var transaction in block.Transactions)
        {
            if (transaction.Verify(genesis.ChainId, rules.Members, Signatures) is { } fault)
                return $"block {header.Height}, transaction {transaction.Id.Short}: {fault}";
            if (_window.Contains(transaction))
                return $"block {header.Height}, transaction {transaction.Id.Short}: it is in the chain already";
        }

        foreach (byte[] bytes in block.Evidence)
        {
            if (!Canonical.TryDecode<Equivocation>(bytes, out var evidence, out var error))
                return $"block {header.Height}, evidence: {error}";
            if (rules.Verify(evidence, genesis.ChainId, Signatures) is { } fault)
                return $"block {header.Height}, evidence against seat {evidence.Seat}: {fault}";
        }

        return null;
    }

    private string? CheckOwn(
        Genesis genesis, ChainRules rules, StatementType type, long height, int round, Digest blockId, int validRound, byte[] signature)
    {
        if (height != HeightOfWork)
            return $"a {type} of height {height} at height {HeightOfWork}";
        if (rules.Members.Find(Member!) is not { } member)
            return $"a {type} in the journal of '{Member}', who is not a member";
        if (!blockId.IsZero && type != StatementType.Prevote && !_blocks.ContainsKey(blockId))
            return $"a {type} for block {blockId.Short}, which is not in the journal";
        if (!_said.TryAdd((type, round), blockId) && _said[(type, round)] != blockId)
            return $"two {type}s in round {round} of height {height}";
        return Signatures.Verify(member.Key, SignedStatement.Bytes(type, genesis.ChainId, rules.Epoch, height, round, blockId, validRound), signature)
            ? null
            : $"the signature of the {type} in round {round} of height {height} does not verify";
    }

    private string? CheckLock(Vote vote) =>
        vote.Type != StatementType.Precommit || vote.BlockId.IsZero ||
        (_polkas.TryGetValue(vote.Round, out var polka) && polka.BlockId == vote.BlockId)
            ? null
            : $"a precommit for block {vote.BlockId.Short} without its polka";

    private string? CheckCertificate(
        Genesis genesis, ChainRules rules, QuorumCertificate certificate, StatementType type, long height, Digest blockId)
    {
        if (certificate.Type != type || certificate.Height != height || certificate.BlockId != blockId || certificate.Epoch != rules.Epoch)
            return $"the certificate is for another {certificate.Type} (height {certificate.Height}, block {certificate.BlockId.Short})";
        return certificate.Verify(genesis.ChainId, rules.Members, Signatures) is { } fault ? $"certificate of height {height}: {fault}" : null;
    }

    private string? CheckCommit(Genesis genesis, QuorumCertificate certificate)
    {
        if (!_blocks.TryGetValue(certificate.BlockId, out var block))
            return $"commits block {certificate.BlockId.Short}, which is not in the journal";
        if (CheckCertificate(genesis, Rules!, certificate, StatementType.Precommit, HeightOfWork, block.Id) is { } fault)
            return fault;
        if (CheckTrust(block.Header) is { } distrust)
            return distrust;
        if (Apply(block) is { } state)
            return state;
        _last = block.Header;
        Committed = new CommittedBlock(block, certificate);
        _window.Add(RecentBlock.Of(block));
        Forget();
        return null;
    }

    /// <summary>The journal goes on from a state of other members: blocks up to it are not here, and the certified header above vouches for it.</summary>
    private string? CheckAdopted(Genesis genesis, JournalRecord.Adopted adopted)
    {
        if (_pieces.Take(adopted) is not { } content)
            return $"takes over state {adopted.Content.Short}, which is not in the journal";
        if (!Canonical.TryDecode<ChainSnapshot>(content, out var snapshot, out string? error))
            return error;
        if (snapshot.Height <= Height)
            return $"takes over the state of height {snapshot.Height} at height {Height}";
        var client = LightClient.Start(new TrustedChain(genesis.ChainId, genesis.Name, Rules!.Members, Rules.Epoch, long.MaxValue), 0);
        if (snapshot.Verify(adopted.Next, client, Signatures) is { } fault)
            return $"the state of height {snapshot.Height}: {fault}";
        foreach (var block in snapshot.Blocks.Where(b => b.Header.Height > Height))
        {
            if (CheckTrust(block.Header) is { } distrust)
                return distrust;
        }

        if (_application?.Restore(snapshot.State, adopted.Next.Header) is { } state)
            return $"the state of height {snapshot.Height}: {state}";
        Rules = _application?.Rules ?? Rules;
        _last = snapshot.Last;
        _window.Reset(snapshot.Blocks);
        Forget();
        return null;
    }

    private void Forget()
    {
        _blocks.Clear();
        _said.Clear();
        _polkas.Clear();
    }

    private string? CheckTrust(BlockHeader header)
    {
        if (trusted is null || TrustReached)
            return null;
        TrustReached = header.Id == trusted.Id;
        return !TrustReached && header.Height == trusted.Height
            ? $"block {header.Id} stands at height {header.Height}, where the trusted header is {trusted.Id}"
            : null;
    }

    private string? StartApplication(Genesis genesis)
    {
        try
        {
            _application = application?.Invoke(genesis);
            return null;
        }
        catch (ArgumentException e)
        {
            return $"the genesis is of no chain that can run: {e.Message}";
        }
    }

    private string? Apply(Block block)
    {
        if (_application is not { } state)
            return null;
        var header = block.Header;
        if (header.StateRoot != state.StateRoot)
            return $"block {header.Height} names state {header.StateRoot.Short}, and by the rules of this build the blocks below it make {state.StateRoot.Short}";
        if (header.OutboxRoot != state.OutboxRoot)
            return $"block {header.Height} names outbox {header.OutboxRoot.Short}, and by the rules of this build the blocks below it make {state.OutboxRoot.Short}";
        Outcome = state.Apply(block);
        Rules = state.Rules ?? Rules;
        return null;
    }

    /// <summary>Stands in for members below a trusted header.</summary>
    private sealed class AnySignature : ISignatureVerifier
    {
        public static AnySignature Instance { get; } = new();

        public bool Verify(MemberPublicKey key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => true;
    }
}
