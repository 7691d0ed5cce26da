using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Simulation;

/// <summary>One seeded run in virtual time: the members, the network between them, the clock and the faults.</summary>
internal sealed class Schedule : ISimulatedWorld
{
    private const int TickInterval = 250;
    private const int MaxDelayOfStragglers = 1000;
    private const int MaxEvents = 10_000_000;

    private readonly SimulationOptions _options;
    private readonly Mutant? _mutant;
    private readonly long _seed;
    private readonly PriorityQueue<Happening, (int Time, int Order)> _queue = new();

    // By node: the seats, then the second processes of twins.
    private readonly List<SimulatedMember?> _replicas;
    private readonly Adversary?[] _adversaries;
    private readonly List<int> _seats;
    private readonly int[] _partition;
    private readonly bool[] _booting;
    private readonly int[] _atStabilization;
    private readonly Referee _referee;
    private readonly Action<string>? _trace;
    private int _now, _order, _toFinish, _deadline = int.MaxValue;

    /// <param name="trace">Told every happening; null when nobody reads.</param>
    public Schedule(SimulationOptions options, Mutant? mutant, long seed, SimulationCoverage coverage, Action<string>? trace = null)
    {
        _trace = trace;
        _options = options;
        _mutant = mutant;
        _seed = seed;
        Coverage = coverage;
        Members = options.Members;
        Random = new SimulationRandom(seed);
        Faults = Faults.Draw(Random, Members);
        if (mutant is { IsRolledBack: false })
            Faults = Faults with { RollBack = false };
        _referee = new Referee(Members, Faults.Strategies.Count);
        _seats = [.. Enumerable.Range(0, Members)];
        _replicas = [.. new SimulatedMember?[Members]];
        _adversaries = new Adversary?[Members];
        var rules = mutant?.Rules ?? ConsensusRules.Correct;
        for (int i = 0; i < Members; i++)
        {
            int seat = (Faults.First + i) % Members;
            if (i >= Faults.Strategies.Count)
                _replicas[seat] = new SimulatedMember(this, seat, seat, true, rules);
            else if (Faults.Strategies[i] == Strategy.Twins)
                AddTwins(seat, rules);
            else
                _adversaries[seat] = new Adversary(this, seat, Faults.Strategies[i]);
        }

        _partition = new int[_seats.Count];
        _booting = new bool[_seats.Count];
        _atStabilization = new int[_seats.Count];
    }

    public int Members { get; }

    public SimulationCoverage Coverage { get; }

    public SimulationRandom Random { get; }

    public Faults Faults { get; }

    /// <summary>From now on nothing is lost, nobody crashes and delays are bounded.</summary>
    public bool IsStable { get; private set; }

    /// <summary>Null when every check held; otherwise what was broken.</summary>
    public SimulationViolation? Run()
    {
        try
        {
            _trace?.Invoke($"seed {_seed}: {Faults}");
            Begin();
            int events = 0;
            while (_referee.Violation is null && _toFinish > 0 && _queue.TryDequeue(out var happening, out var when))
            {
                _now = when.Time;
                if (_now > _deadline || ++events > MaxEvents)
                    Fail(ViolationKind.Stuck, $"after {events} events at {_now} ms: {States()}");
                else
                    Handle(happening);
            }
        }
        catch (Exception e)
        {
            Fail(ViolationKind.Exception, $"{e.GetType().Name}: {e.Message} {e.StackTrace?.Split('\n')[0].Trim()}");
        }

        foreach (var replica in _replicas)
            replica?.Retire();
        return _referee.Violation is { } broken ? new SimulationViolation(_seed, broken.Kind, broken.What) : null;
    }

    public void Fail(ViolationKind kind, string what) => _referee.Fail(kind, what);

    public bool LosesPersist() => _mutant is { LosePersists: > 0 and var rate } && Random.Chance(rate);

    public bool CrashNow(SimulatedMember member, ConsensusEffect? previous, ConsensusEffect? next)
    {
        if (IsStable || Faults.Crash == 0)
            return false;
        // A member that has just spoken for a block is where a lost lock would hurt.
        bool committed = previous is ConsensusEffect.Broadcast { Message: ChainMessage.Votes { Items: [{ Type: StatementType.Precommit, BlockId.IsZero: false }] } };
        if (!Random.Chance(committed ? 10 * Faults.Crash : Faults.Crash))
            return false;
        CountCrash(previous, next);
        _trace?.Invoke($"  node {member.Node} crashes after {ScheduleTrace.Describe(previous)}, before {ScheduleTrace.Describe(next)}");
        member.Crash();
        return true;
    }

    public void SetTimer(SimulatedMember member, ConsensusEffect.ScheduleTimeout timeout) => At(
        _now + 300 + (100 * Math.Min(timeout.Round, 50)),
        new Happening(HappeningKind.Timeout, member.Node, Life: member.Life, Timeout: timeout));

    public void SetWake(SimulatedMember member) =>
        At(_now + Random.Below(Faults.Idle), new Happening(HappeningKind.Wake, member.Node, Life: member.Life));

    public void Broadcast(SimulatedMember from, ChainMessage message)
    {
        _trace?.Invoke($"  node {from.Node} says {ScheduleTrace.Describe(message)}");
        if (from.IsHonest)
            _referee.OnSent(from.Node, message, IsJudgedByJournal(from) ? from.Journal : null);
        Broadcast(from.Node, message);
    }

    /// <summary>To every other node; twins do not hear each other.</summary>
    public void Broadcast(int from, ChainMessage message)
    {
        for (int to = 0; to < _seats.Count; to++)
        {
            if (_seats[to] != _seats[from])
                Transmit(from, to, message);
        }
    }

    public void Send(int from, int seat, ChainMessage message)
    {
        if (seat == _seats[from])
            return;
        Transmit(from, seat, message);
        for (int to = Members; to < _seats.Count; to++)
        {
            if (_seats[to] == seat)
                Transmit(from, to, message);
        }
    }

    /// <summary>One fresh block in four is untimely to one member.</summary>
    public bool IsTimely(SimulatedMember member, Block block) => IsStable || (block.Header.Time + member.Node) % (4 * Members) != 0;

    public void OnDecided(SimulatedMember member, CommittedBlock block)
    {
        _trace?.Invoke($"  node {member.Node} decides {block.Block.Id.Short} at height {block.Height}, round {block.Certificate.Round}");
        if (!member.IsHonest)
            return;
        Coverage.Count(Reached.Heights);
        if (block.Certificate.Round > 0)
            Coverage.Count(Reached.LateRounds);
        _referee.OnDecided(member.Node, block);
        if (IsStable && member.Decided.Count == _atStabilization[member.Node] + _options.Heights)
            _toFinish--;
    }

    public void OnEvidence(SimulatedMember member, Equivocation evidence)
    {
        if (!member.IsHonest)
            return;
        Coverage.Count(Reached.Evidence);
        if (_replicas[evidence.Seat] is { IsHonest: true })
            Fail(ViolationKind.Equivocation, $"seat {member.Node} holds evidence against the honest seat {evidence.Seat}");
    }

    public void OnAmnesia(SimulatedMember member)
    {
        _trace?.Invoke($"  node {member.Node} learns of signatures that its journal lacks");
        if (member.Node != Faults.First || !Faults.RollBack)
            Fail(ViolationKind.FalseAmnesia, $"seat {member.Node} takes its whole journal for an old copy");
        Coverage.Count(Reached.Amnesia);
    }

    /// <summary>Who lost a part of the journal may repeat what others have kept of it.</summary>
    private bool IsJudgedByJournal(SimulatedMember member) =>
        (_mutant is null or { IsJudgedByJournal: true }) && !(Faults.RollBack && member.Node == Faults.First);

    private void AddTwins(int seat, ConsensusRules rules)
    {
        // The guard against a forgotten journal would make the twins notice each other, and harmless.
        var careless = rules with { IgnoreAmnesia = true };
        _replicas[seat] = new SimulatedMember(this, seat, seat, false, careless);
        _replicas.Add(new SimulatedMember(this, _seats.Count, seat, false, careless));
        _seats.Add(seat);
    }

    private void Begin()
    {
        if (Faults.Strategies.Contains(Strategy.Twins))
            Coverage.Count(Reached.Twins);
        foreach (var replica in _replicas)
        {
            if (replica is null)
                continue;
            if (replica.IsHonest)
                _toFinish++;
            At(Random.Below(TickInterval), new Happening(HappeningKind.Tick, replica.Node));
            replica.Boot();
        }

        if (Faults.Partitions)
            At(Random.Below(500), new Happening(HappeningKind.Partition, 0));
        if (Faults.RollBack)
            PlanRollBack();
        At(_options.MinFaulty, new Happening(HappeningKind.Stabilize, 0));
    }

    private void Handle(in Happening happening)
    {
        _trace?.Invoke($"{_now} ms: {ScheduleTrace.Describe(happening)}");
        int node = happening.Node;
        var replica = _replicas[node];
        switch (happening.Kind)
        {
            case HappeningKind.Deliver:
                Coverage.Count(Reached.Messages);
                if (replica is { IsUp: true })
                    replica.Deliver(_seats[happening.From], happening.Message!);
                else if (replica is null)
                    _adversaries[node]!.Deliver(_seats[happening.From], happening.Message!);
                break;
            case HappeningKind.Timeout when replica is { IsUp: true } && replica.Life == happening.Life:
                replica.Elapsed(happening.Timeout!);
                break;
            case HappeningKind.Wake when replica is { IsUp: true } && replica.Life == happening.Life:
                replica.Wake();
                break;
            case HappeningKind.Tick:
                if (replica!.IsUp)
                    replica.Tick();
                At(_now + TickInterval, happening);
                break;
            case HappeningKind.Boot:
                _booting[node] = false;
                replica!.Boot();
                break;
            case HappeningKind.Leave:
                replica!.Crash();
                BootAfter(node, happening.Pause);
                break;
            case HappeningKind.RollBack:
                replica!.Crash();
                replica.RollBack(Random.Below(1 + (Random.Chance(500) ? Math.Min(8, replica.Entries) : replica.Entries)));
                BootAfter(node, happening.Pause);
                break;
            case HappeningKind.Partition when !IsStable:
                Partition();
                At(_now + 200 + Random.Below(1000), happening);
                break;
            case HappeningKind.Stabilize:
                Stabilize(happening);
                break;
        }

        if (replica is { IsUp: false } && !_booting[node])
            BootAfter(node, 10 + Random.Below(400));
    }

    private void BootAfter(int node, int delay)
    {
        _booting[node] = true;
        At(_now + delay, new Happening(HappeningKind.Boot, node));
    }

    /// <summary>
    /// An old copy is restored while f others are away. That takes longer than any message is under way: those present have heard everything.
    /// </summary>
    private void PlanRollBack()
    {
        int leave = Random.Below(_options.MinFaulty), rollBack = leave + Random.Below(1500), pause = MaxDelayOfStragglers + Random.Below(1000);
        At(rollBack, new Happening(HappeningKind.RollBack, Faults.First, Pause: pause));
        if (!Random.Chance(700))
            return;
        for (int i = 1; i <= (Members - 1) / 3; i++)
        {
            int back = rollBack + pause + 500 + Random.Below(1500);
            At(leave, new Happening(HappeningKind.Leave, (Faults.First + i) % Members, Pause: back - leave));
        }
    }

    /// <summary>One alone, two parts, or (half of the time) whole.</summary>
    private void Partition()
    {
        Array.Clear(_partition);
        switch (Random.Below(4))
        {
            case 0:
                _partition[Random.Below(_partition.Length)] = 1;
                break;
            case 1:
                for (int i = 0; i < _partition.Length; i++)
                    _partition[i] = Random.Below(2);
                break;
        }
    }

    private void Stabilize(in Happening happening)
    {
        bool decided = _referee.Decisions >= _options.Heights;
        if (!decided && _now < _options.MaxFaulty)
        {
            At(_now + TickInterval, happening);
            return;
        }

        if (decided)
            Coverage.Count(Reached.DecidedUnderFaults);
        IsStable = true;
        _deadline = _now + _options.Deadline;
        Array.Clear(_partition);
        foreach (var replica in _replicas)
        {
            if (replica is not null)
                _atStabilization[replica.Node] = replica.Decided.Count;
        }
    }

    private void Transmit(int from, int to, ChainMessage message)
    {
        if (IsStable)
        {
            Deliver(from, to, message, 1 + Random.Below(20));
            return;
        }

        if (_partition[from] != _partition[to] || Random.Chance(Faults.Loss))
            return;
        if (Random.Chance(Faults.Duplication))
            Deliver(from, to, message, Random.Below(2 * Faults.MaxDelay));
        Deliver(from, to, message, Random.Below(Random.Chance(50) ? MaxDelayOfStragglers : Faults.MaxDelay));
    }

    private void Deliver(int from, int to, ChainMessage message, int delay) =>
        At(_now + delay, new Happening(HappeningKind.Deliver, to, from, message));

    private void At(int time, in Happening happening) => _queue.Enqueue(happening, (time, _order++));

    private void CountCrash(ConsensusEffect? previous, ConsensusEffect? next)
    {
        if (next is ConsensusEffect.Persist && DurablePoints.TryGet(next, out var point))
            Coverage.Count(point, CrashSide.BeforePersist);
        else if (previous is ConsensusEffect.Persist && DurablePoints.TryGet(previous, out point))
            Coverage.Count(point, CrashSide.BeforeSend);
        else if (DurablePoints.TryGet(previous, out point))
            Coverage.Count(point, CrashSide.AfterSend);
        else if (DurablePoints.TryGet(next, out point))
            Coverage.Count(point, CrashSide.BeforeSend);
        else
            Coverage.Count(Reached.OtherCrashes);
    }

    private string States() => string.Join("; ", _replicas.Where(r => r is { IsHonest: true }).Select(r => r!.State));
}
