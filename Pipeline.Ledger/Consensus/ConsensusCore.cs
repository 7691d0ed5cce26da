using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Tendermint (arXiv 1807.04938) for one replica of one chain, equal weights: (state, input) → effects. No clock, no I/O, no thread; the
/// shell runs the effects in order and completes each <see cref="ConsensusEffect.Persist"/> before it goes on. Inputs append to the list
/// they are given. Over the paper: proof-of-lock certificates (validRound needs its polka), skipping to the highest round that f+1 members
/// have reached, repetition on <see cref="Tick"/> (point-to-point links are not gossip), and recovery from the records alone.
/// </summary>
public sealed partial class ConsensusCore
{
    // Messages this close above the current round are kept whole; of those further ahead only the newest vote of each member.
    private const int RoundWindow = 2;
    private const int BufferedPerSeat = 8;

    private readonly int _members;
    private readonly int _faulty;
    private readonly int _quorum;
    private readonly int _seat;
    private readonly long _epoch;
    private readonly IStatementCrypto _crypto;
    private readonly IBlockRules _blocks;
    private readonly ConsensusRules _rules;

    private readonly Dictionary<int, RoundState> _rounds = [];
    private readonly Dictionary<Digest, KnownBlock> _known = [];
    private readonly HashSet<Digest> _stored = [];
    private readonly HashSet<(StatementType, int, int)> _reported = [];
    private readonly Vote?[] _ahead;
    private readonly long[] _helped;
    private readonly int[] _bufferedBySeat;
    private List<(int From, ChainMessage Message)> _next = [];
    private List<ConsensusEffect> _effects = [];

    private RoundState _current = null!;
    private int _lockedRound = -1;
    private Digest _lockedId;
    private int _validRound = -1;
    private Digest _validId;
    private QuorumCertificate? _newestPolka;
    private int _commitRound = -1;
    private bool _skipPossible;
    private ulong _spoken;
    private IReadOnlyList<Vote> _entryVotes = [];
    private bool _entryDue;
    private bool _decided = true;
    private bool _signing = true;
    private long _mutedThrough;

    internal ConsensusCore(
        int members, int seat, long epoch, IStatementCrypto crypto, IBlockRules blocks, ConsensusRules? rules = null)
    {
        _members = members;
        _faulty = (members - 1) / 3;
        _rules = rules ?? ConsensusRules.Correct;
        _quorum = members - _faulty - (_rules.SmallQuorum ? 1 : 0);
        _seat = seat;
        _epoch = epoch;
        _crypto = crypto;
        _blocks = blocks;
        _ahead = new Vote?[members];
        _helped = new long[members];
        _bufferedBySeat = new int[members];
    }

    /// <param name="seat">The own seat; −1 for an observer, who follows and never signs.</param>
    /// <param name="signer">Null for an observer.</param>
    public static ConsensusCore Create(
        Digest chainId, long epoch, MemberSet members, int seat, ISigner? signer, ISignatureVerifier verifier, IBlockRules blocks) =>
        new(members.Count, signer is null ? -1 : seat, epoch, new StatementCrypto(chainId, epoch, members, signer, verifier), blocks);

    /// <summary>The height being decided.</summary>
    public long Height { get; private set; }

    public int Round { get; private set; }

    public ConsensusStep Step { get; private set; }

    /// <summary>False while the height waits for a reason to make a block.</summary>
    public bool Started { get; private set; }

    /// <summary>Rounds entered by f+1 messages from ahead; for the simulator's coverage.</summary>
    internal int Skips { get; private set; }

    /// <summary>Locks that replaced a lock on another block.</summary>
    internal int Relocks { get; private set; }

    /// <summary>Whether signatures may leave this replica: not while it is behind, an observer, or has forgotten what it signed.</summary>
    public bool CanSign => _seat >= 0 && _signing && Height > _mutedThrough;

    /// <summary>A member that syncs takes no step that wants its signature; it decides and follows the rounds of others.</summary>
    private bool IsHolding => _seat >= 0 && !_signing;

    public int ProposerOf(long height, int round) => (int)((height + round) % _members);

    /// <summary>Syncing replicas follow but never sign.</summary>
    public void SetSigning(bool signing, List<ConsensusEffect> effects)
    {
        if (_signing == signing)
            return;
        _signing = signing;
        Run(effects, () =>
        {
            if (!signing || !Started || _decided)
                return;
            RecordEntry();
            // Whatever elapsed while this member held still is timed anew.
            _current.PrevoteTimeoutScheduled = false;
            if (Step != ConsensusStep.Propose)
                return;
            effects.Add(new ConsensusEffect.ScheduleTimeout(Height, Round, ConsensusStep.Propose));
            AskForProposal();
        });
    }

    /// <summary>The height up to and including which nothing is signed, because it may have been signed before; 0 when nothing is forgotten.</summary>
    public long MutedThrough => _mutedThrough;

    /// <summary>Signatures up to this height may have been forgotten: nothing is signed up to and including it, whatever others show.</summary>
    public void MuteThrough(long height) => _mutedThrough = Math.Max(_mutedThrough, height);

    /// <summary>The shell has executed the block below: work on <paramref name="height"/> may begin.</summary>
    public void Begin(long height, List<ConsensusEffect> effects)
    {
        Reset(height);
        var early = _next;
        _next = [];
        Array.Clear(_bufferedBySeat);
        Run(effects, () =>
        {
            foreach (var (from, message) in early)
            {
                if (!_decided)
                    Dispatch(from, message);
            }
        });
    }

    /// <summary>There is a reason for a block: transactions, a pending deadline, or the heartbeat.</summary>
    public void Start(List<ConsensusEffect> effects) => Run(effects, EnsureStarted);

    /// <param name="from">Seat of the member whose authenticated link brought the message.</param>
    public void Receive(int from, ChainMessage message, List<ConsensusEffect> effects)
    {
        if (Height == 0 || from < 0 || from >= _members || from == _seat)
            return;
        _effects = effects;
        Dispatch(from, message);
        Advance();
    }

    public void TimeoutElapsed(long height, int round, ConsensusStep step, List<ConsensusEffect> effects)
    {
        if (height != Height || round != Round || _decided || !Started)
            return;
        Run(effects, () =>
        {
            if (step == ConsensusStep.Precommit)
                StartRound(Round + 1, VotesOfLastRound());
            else if (IsHolding)
                return;
            else if (step == ConsensusStep.Propose && Step == ConsensusStep.Propose)
                Prevote(Digest.Zero);
            else if (step == ConsensusStep.Prevote && Step == ConsensusStep.Prevote)
                Precommit(Digest.Zero);
        });
    }

    /// <summary>The block asked for by <see cref="ConsensusEffect.RequestProposal"/>.</summary>
    public void ProposalReady(long height, int round, Block block, List<ConsensusEffect> effects)
    {
        if (height != Height || round != Round || _decided || !Started || Step != ConsensusStep.Propose || !CanSign ||
            _current.Proposal is not null)
        {
            return;
        }

        Run(effects, () => Propose(block, -1, null));
    }

    /// <summary>Every second or so: repeats what others may have missed.</summary>
    public void Tick(List<ConsensusEffect> effects)
    {
        Array.Clear(_helped);
        if (_rules.NoRebroadcast || Height == 0)
            return;
        effects.Add(new ConsensusEffect.Broadcast(new ChainMessage.Status(Height, Round, StatusKind.Announcement, [], [])));
        if (!Started || _decided)
            return;
        if (CanSign && ProposerOf(Height, Round) == _seat && _current.Proposal is { } own)
            effects.Add(new ConsensusEffect.Broadcast(new ChainMessage.Propose(own)));
        if (!_rules.NoPolkaCertificates && _newestPolka is { } polka)
        {
            var block = _known.TryGetValue(polka.BlockId, out var known) ? known.Block : null;
            effects.Add(new ConsensusEffect.Broadcast(new ChainMessage.Polka(polka, block)));
        }

        var votes = new List<Vote>();
        if (_seat >= 0)
        {
            AddIfAny(votes, _current.Prevotes[_seat]);
            AddIfAny(votes, _current.Precommits[_seat]);
        }

        votes.AddRange(_entryVotes);
        // A quorum of precommits without the block: whoever holds the block can decide by them.
        if (_commitRound >= 0 && _rounds.TryGetValue(_commitRound, out var commit))
            votes.AddRange(commit.Precommits.All);
        if (votes.Count > 0)
            effects.Add(new ConsensusEffect.Broadcast(new ChainMessage.Votes([.. votes.Take(ChainMessage.MaxVotes)])));
    }

    private static void AddIfAny(List<Vote> votes, Vote? vote)
    {
        if (vote is not null)
            votes.Add(vote);
    }

    private void Run(List<ConsensusEffect> effects, Action step)
    {
        _effects = effects;
        step();
        Advance();
    }

    private void Reset(long height)
    {
        Height = height;
        Round = 0;
        Step = ConsensusStep.Propose;
        Started = false;
        _decided = false;
        _rounds.Clear();
        _known.Clear();
        _stored.Clear();
        _reported.Clear();
        Array.Clear(_ahead);
        Array.Clear(_helped);
        _lockedRound = _validRound = _commitRound = -1;
        _lockedId = _validId = Digest.Zero;
        _newestPolka = null;
        _skipPossible = false;
        _spoken = 0;
        _entryVotes = [];
        _entryDue = false;
        _current = RoundOf(0);
    }

    private RoundState RoundOf(int round)
    {
        if (!_rounds.TryGetValue(round, out var state))
            _rounds[round] = state = new RoundState(Height, round, _members, _quorum);
        return state;
    }

    private void EnsureStarted()
    {
        if (!Started && !_decided && Height > 0)
            StartRound(0, []);
    }

    private void StartRound(int round, IReadOnlyList<Vote> justification)
    {
        Started = true;
        Round = round;
        Step = ConsensusStep.Propose;
        _current = RoundOf(round);
        _entryVotes = justification;
        _entryDue = round > 0;
        _skipPossible = true;
        foreach (var vote in _ahead)
        {
            if (vote is not null && vote.Round == round)
                AddToTable(vote);
        }

        RecordEntry();
        _effects.Add(new ConsensusEffect.ScheduleTimeout(Height, round, ConsensusStep.Propose));
        AskForProposal();
    }

    /// <summary>Before anything is said in a round, its entry is durable; a member that signs nothing need not remember.</summary>
    private void RecordEntry()
    {
        if (!_entryDue || !CanSign)
            return;
        _entryDue = false;
        if (!_rules.ForgetEntry)
            _effects.Add(new ConsensusEffect.Persist([new JournalRecord.Entered(Height, Round, _entryVotes)]));
    }

    private void AskForProposal()
    {
        if (!CanSign || ProposerOf(Height, Round) != _seat || _current.Proposal is not null)
            return;
        if (_validRound >= 0 && _validRound < Round && _known.TryGetValue(_validId, out var valid))
            Propose(valid.Block, _validRound, _rules.NoPolkaCertificates ? null : RoundOf(_validRound).Prevotes.Certify(_epoch));
        else
            _effects.Add(new ConsensusEffect.RequestProposal(Height, Round));
    }

    private void Propose(Block block, int validRound, QuorumCertificate? polka)
    {
        var signature = _crypto.Sign(StatementType.Proposal, Height, Round, block.Id, validRound);
        var proposal = new Proposal(Round, validRound, block, polka, signature);
        _current.Proposal = proposal;
        Remember(block);
        Emit(
            [.. StoreOnce(block.Id), new JournalRecord.Proposed(Height, Round, validRound, block.Id, polka, signature)],
            new ChainMessage.Propose(proposal));
    }

    private void Prevote(Digest id)
    {
        Step = ConsensusStep.Prevote;
        if (!CanSign || _current.Prevotes[_seat] is not null)
            return;
        var vote = Sign(StatementType.Prevote, id);
        Emit([new JournalRecord.Voted(vote)], new ChainMessage.Votes([vote]));
        AddToTable(vote);
    }

    private void Precommit(Digest id)
    {
        Step = ConsensusStep.Precommit;
        if (!CanSign || _current.Precommits[_seat] is not null)
            return;
        var vote = Sign(StatementType.Precommit, id);
        List<JournalRecord> records = id.IsZero ? [] : [.. StoreOnce(id), new JournalRecord.Locked(_current.Prevotes.Certify(_epoch))];
        Emit(_rules.LockAfterVote ? [new JournalRecord.Voted(vote)] : [.. records, new JournalRecord.Voted(vote)], new ChainMessage.Votes([vote]));
        if (_rules.LockAfterVote && records.Count > 0)
            _effects.Add(new ConsensusEffect.Persist(records));
        AddToTable(vote);
    }

    private Vote Sign(StatementType type, Digest id) =>
        new(type, Height, Round, id, _seat, _crypto.Sign(type, Height, Round, id, -1));

    private void Emit(IReadOnlyList<JournalRecord> records, ChainMessage message)
    {
        var persist = new ConsensusEffect.Persist(records);
        var broadcast = new ConsensusEffect.Broadcast(message);
        _effects.Add(_rules.SendBeforePersist ? broadcast : persist);
        _effects.Add(_rules.SendBeforePersist ? persist : broadcast);
    }

    private IEnumerable<JournalRecord> StoreOnce(Digest id) =>
        _stored.Add(id) ? [new JournalRecord.Stored(_known[id].Block)] : [];

    private List<Vote> VotesOfLastRound() => [.. _current.Precommits.All];

    private KnownBlock Remember(Block block)
    {
        if (!_known.TryGetValue(block.Id, out var known))
            _known[block.Id] = known = new KnownBlock(block);
        return known;
    }

    private bool IsValid(KnownBlock known)
    {
        if (!known.Checked)
        {
            known.Fault = _blocks.Validate(known.Block);
            known.Checked = true;
        }

        return known.Fault is null;
    }

    private sealed class KnownBlock(Block block)
    {
        public Block Block { get; } = block;

        public bool Checked { get; set; }

        public string? Fault { get; set; }
    }
}
