using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Simulation;

/// <summary>
/// One replica: the real core, the real rules of catching up, the real records, and a crash wherever the schedule wants one. Does what
/// <see cref="ReplicaActor"/> does with a journal and a network that are memory.
/// </summary>
internal sealed class SimulatedMember : IBlockRules
{
    private const int ServedBlocks = 8;

    private readonly ISimulatedWorld _world;
    private readonly int _seat;
    private readonly ConsensusRules _rules;
    private readonly List<JournalRecord> _journal = [];
    private readonly List<int> _entries = [0];
    private readonly List<CommittedBlock> _decided = [];
    private readonly Queue<(int From, CommittedBlock Block)> _fetched = [];
    private List<ConsensusEffect> _effects = [];
    private List<ConsensusEffect> _step = [];
    private ConsensusCore _core;
    private CatchUp _catchUp;
    private int _blocksMade;

    /// <param name="node">Where the network delivers; equal to <paramref name="seat"/> but for the second of two twins.</param>
    public SimulatedMember(ISimulatedWorld world, int node, int seat, bool isHonest, ConsensusRules rules)
    {
        _world = world;
        Node = node;
        _seat = seat;
        IsHonest = isHonest;
        _rules = rules;
        (_core, _catchUp) = Start();
    }

    public int Node { get; }

    /// <summary>False for one of two twins: correct code, and still a Byzantine identity.</summary>
    public bool IsHonest { get; }

    public bool IsUp { get; private set; }

    /// <summary>Timers of an earlier life are void.</summary>
    public int Life { get; private set; }

    public IReadOnlyList<CommittedBlock> Decided => _decided;

    public IReadOnlyList<JournalRecord> Journal => _journal;

    /// <summary>Writes that made the journal.</summary>
    public int Entries => _entries.Count - 1;

    public string State =>
        $"seat {_seat}: height {_core.Height}, round {_core.Round}, {_core.Step}, {(!IsUp ? "down" : _core.CanSign ? "up" : "up and not signing")}";

    /// <param name="salt">Different for every block that a seat makes at a height.</param>
    public static Block MakeBlock(int seat, long height, Digest parent, int salt) => new(
        new BlockHeader(
            1, default, 0, height, (height * 1_000_000) + salt, parent, default, default, default, default, default, default, default, seat),
        [], []);

    public string? Validate(Block block) => block.Header.Parent == LastId ? null : "another parent";

    public bool IsTimely(Block block) => _world.IsTimely(this, block);

    private Digest LastId => _decided.Count == 0 ? Digest.Zero : _decided[^1].Block.Id;

    public void Boot()
    {
        IsUp = true;
        Life++;
        (_core, _catchUp) = Start();
        _effects.Clear();
        _fetched.Clear();
        var pending = Replay();
        if (_world.Faults.SyncFirst)
            _core.SetSigning(false, _effects);
        _core.Recover(_decided.Count + 1, pending, _effects);
        if (_world.Faults.SyncFirst)
        {
            _world.Coverage.Count(Reached.Syncs);
            AskWhereOthersStand();
            UpdateSync();
        }

        _world.SetWake(this);
        Run();
    }

    public void Deliver(int from, ChainMessage message)
    {
        switch (message)
        {
            case ChainMessage.GetBlocks get:
                Serve(from, get.From);
                break;
            case ChainMessage.Blocks blocks:
                if (_catchUp.TryAccept(from))
                    OnBlocks(from, blocks.Items);
                break;
            default:
                if (message is ChainMessage.Status { Purpose: StatusKind.Question })
                    _world.Send(Node, from, _core.StatusFor(from));
                if (message is ChainMessage.Status status)
                    _catchUp.Report(from, status.At, status.Purpose == StatusKind.Answer);
                _core.Receive(from, message, _effects);
                if (message is ChainMessage.Status)
                    UpdateSync();
                break;
        }

        Run();
    }

    public void Elapsed(ConsensusEffect.ScheduleTimeout timeout)
    {
        _core.TimeoutElapsed(timeout.Height, timeout.Round, timeout.Step, _effects);
        Run();
    }

    public void Tick()
    {
        if (_world.Faults.SyncFirst && _catchUp.ShouldAsk)
            AskWhereOthersStand();
        _catchUp.Tick();
        _core.Tick(_effects);
        UpdateSync();
        Run();
    }

    public void Wake()
    {
        _core.Start(_effects);
        Run();
    }

    public void Crash()
    {
        Retire();
        _effects.Clear();
        IsUp = false;
        Life++;
    }

    /// <summary>Puts an older copy of the journal in place of the one that the member had.</summary>
    /// <param name="lost">Entries that the copy lacks.</param>
    public void RollBack(int lost)
    {
        int kept = Entries - lost;
        _journal.RemoveRange(_entries[kept], _journal.Count - _entries[kept]);
        _entries.RemoveRange(kept + 1, _entries.Count - kept - 1);
        _world.Coverage.Count(Reached.Rollbacks);
    }

    /// <summary>Adds what this life's core has counted to the coverage.</summary>
    public void Retire()
    {
        _world.Coverage.Count(Reached.Skips, _core.Skips);
        _world.Coverage.Count(Reached.Relocks, _core.Relocks);
    }

    private (ConsensusCore Core, CatchUp CatchUp) Start() => (
        new ConsensusCore(_world.Members, _seat, 0, new SymbolicCrypto(_seat), this, _rules), new CatchUp(_world.Members, _seat));

    /// <summary>Rebuilds the chain from the journal; returns the records of the height that was being decided.</summary>
    private List<JournalRecord> Replay()
    {
        _decided.Clear();
        var pending = new List<JournalRecord>();
        var blocks = new Dictionary<Digest, Block>();
        foreach (var record in _journal)
        {
            pending.Add(record);
            if (record is JournalRecord.Stored stored)
                blocks[stored.Block.Id] = stored.Block;
            if (record is not JournalRecord.Committed { Certificate: var certificate })
                continue;
            if (blocks.TryGetValue(certificate.BlockId, out var block))
                _decided.Add(new CommittedBlock(block, certificate));
            pending.Clear();
        }

        // A journal that lost records (a mutant) may name blocks it does not hold; the real replica refuses to start on one.
        pending.RemoveAll(r => r is JournalRecord.Proposed p && !blocks.ContainsKey(p.BlockId));
        pending.RemoveAll(r => r is JournalRecord.Locked l && !blocks.ContainsKey(l.Polka.BlockId));
        return pending;
    }

    private void Serve(int to, long from)
    {
        if (from <= _decided.Count)
            _world.Send(Node, to, new ChainMessage.Blocks([.. _decided.Skip((int)from - 1).Take(ServedBlocks)]));
    }

    private void OnBlocks(int from, IReadOnlyList<CommittedBlock> blocks)
    {
        long expected = _core.Height;
        foreach (var block in blocks)
        {
            if (block.Height != expected)
                continue;
            _fetched.Enqueue((from, block));
            expected++;
        }

        if (expected == _core.Height)
            _catchUp.Distrust(from);
    }

    private void AskWhereOthersStand() =>
        _world.Broadcast(this, new ChainMessage.Status(_core.Height, _core.Round, StatusKind.Question, [], []));

    private void UpdateSync()
    {
        if (!_world.Faults.SyncFirst)
            return;
        int source = _catchUp.Update(_core.Height, _fetched.Count > 0);
        _core.SetSigning(!_catchUp.IsSyncing, _effects);
        if (source >= 0)
            _world.Send(Node, source, new ChainMessage.GetBlocks(_core.Height, ServedBlocks));
    }

    /// <summary>Runs the effects until there are none, or the member crashes; then everything it had not persisted is gone.</summary>
    private void Run()
    {
        while (_effects.Count > 0 || _fetched.Count > 0)
        {
            if (_effects.Count == 0)
            {
                var (from, block) = _fetched.Dequeue();
                _core.Receive(from, new ChainMessage.Decided(block), _effects);
                continue;
            }

            (_step, _effects) = (_effects, _step);
            _effects.Clear();
            if (_world.Faults.GatherRecords)
                Gather();
            ConsensusEffect? previous = null;
            foreach (var effect in _step)
            {
                if (_world.CrashNow(this, previous, effect))
                    return;
                Execute(effect);
                previous = effect;
            }

            if (_world.CrashNow(this, previous, null))
                return;
        }
    }

    /// <summary>One write for the records of a step, ahead of everything else in it.</summary>
    private void Gather()
    {
        JournalRecord[] records = [.. _step.OfType<ConsensusEffect.Persist>().SelectMany(p => p.Records)];
        if (records.Length > JournalEntry.MaxRecords)
            throw new InvalidOperationException($"{records.Length} records in one entry; {JournalEntry.MaxRecords} fit");
        if (records.Length == 0)
            return;
        _step.RemoveAll(e => e is ConsensusEffect.Persist);
        _step.Insert(0, new ConsensusEffect.Persist(records));
    }

    private void Execute(ConsensusEffect effect)
    {
        switch (effect)
        {
            case ConsensusEffect.Persist persist:
                if (_world.LosesPersist())
                    break;
                _journal.AddRange(persist.Records);
                _entries.Add(_journal.Count);
                break;
            case ConsensusEffect.Broadcast broadcast:
                _world.Broadcast(this, broadcast.Message);
                break;
            case ConsensusEffect.ScheduleTimeout timeout:
                _world.SetTimer(this, timeout);
                break;
            case ConsensusEffect.RequestProposal request:
                _core.ProposalReady(request.Height, request.Round,
                    MakeBlock(_seat, request.Height, LastId, (((Life * 1000) + _blocksMade++) * 2) + (Node == _seat ? 0 : 1)), _effects);
                break;
            case ConsensusEffect.Decide decide:
                _decided.Add(decide.Block);
                _world.OnDecided(this, decide.Block);
                _core.Begin(decide.Block.Height + 1, _effects);
                _world.SetWake(this);
                UpdateSync();
                break;
            case ConsensusEffect.Lagging lagging when lagging.Height <= _decided.Count:
                _world.Send(Node, lagging.Seat, new ChainMessage.Decided(_decided[(int)lagging.Height - 1]));
                break;
            case ConsensusEffect.Behind behind:
                _catchUp.Report(behind.Seat, behind.Height, isAnswer: false);
                UpdateSync();
                break;
            case ConsensusEffect.EvidenceFound found:
                _world.OnEvidence(this, found.Evidence);
                break;
            case ConsensusEffect.AmnesiaFound:
                _world.OnAmnesia(this);
                break;
            case ConsensusEffect.Diverged diverged:
                _world.Fail(ViolationKind.Diverged, $"seat {_seat} at height {diverged.Height}: {diverged.Reason}");
                break;
        }
    }
}
