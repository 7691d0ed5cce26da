using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Simulation;

namespace Pipeline.Tests.Ledger.Simulation;

/// <summary>
/// The simulator's members where a test says who hears whom: no crash, no chance, one virtual millisecond for a message. Some seats may run
/// twice; those are Byzantine.
/// </summary>
internal sealed class ScriptedWorld : ISimulatedWorld
{
    private const int TickInterval = 250;

    private readonly PriorityQueue<Action, (int Time, int Order)> _queue = new();
    private readonly List<SimulatedMember> _nodes = [];
    private readonly List<int> _seats = [];
    private readonly Referee _referee;
    private int _order;

    /// <param name="rules">Null for the correct ones.</param>
    /// <param name="twins">Seats that run twice; their second processes are the nodes from <paramref name="members"/> on, in this order.</param>
    public ScriptedWorld(int members, ConsensusRules? rules, params int[] twins)
    {
        rules ??= ConsensusRules.Correct;
        Members = members;
        _referee = new Referee(members, twins.Length);
        foreach (int seat in Enumerable.Range(0, members).Concat(twins))
        {
            bool isTwin = twins.Contains(seat);
            // The guard against amnesia would mute twins as soon as they hear of each other.
            _nodes.Add(new SimulatedMember(this, _nodes.Count, seat, !isTwin, isTwin ? rules with { IgnoreAmnesia = true } : rules));
            _seats.Add(seat);
        }

        foreach (var node in _nodes)
        {
            node.Boot();
            Tick(node);
        }
    }

    public int Members { get; }

    public Faults Faults => Faults.None;

    public SimulationCoverage Coverage { get; } = new();

    public int Now { get; private set; }

    public IReadOnlyList<SimulatedMember> Nodes => _nodes;

    public IEnumerable<SimulatedMember> Honest => _nodes.Where(n => n.IsHonest);

    public (ViolationKind Kind, string What)? Violation => _referee.Violation;

    /// <summary>Whether a message from one node reaches another; asked when it is sent. Everything passes by default.</summary>
    public Func<int, int, ChainMessage, bool> Passes { get; set; } = (_, _, _) => true;

    /// <summary>Lets time pass until <paramref name="done"/> or <paramref name="time"/>; false for the latter.</summary>
    public bool RunUntil(int time, Func<bool> done)
    {
        while (!done() && _referee.Violation is null)
        {
            if (!_queue.TryPeek(out _, out var next) || next.Time > time)
            {
                Now = time;
                return false;
            }

            Now = next.Time;
            _queue.Dequeue()();
        }

        return true;
    }

    public bool CrashNow(SimulatedMember member, ConsensusEffect? previous, ConsensusEffect? next) => false;

    public bool LosesPersist() => false;

    public void Broadcast(SimulatedMember from, ChainMessage message)
    {
        if (from.IsHonest)
            _referee.OnSent(_seats[from.Node], message, from.Journal);
        for (int to = 0; to < _nodes.Count; to++)
            Transmit(from.Node, to, message);
    }

    public void Send(int from, int seat, ChainMessage message)
    {
        for (int to = 0; to < _nodes.Count; to++)
        {
            if (_seats[to] == seat)
                Transmit(from, to, message);
        }
    }

    public void SetTimer(SimulatedMember member, ConsensusEffect.ScheduleTimeout timeout) =>
        After(300 + (100 * timeout.Round), () => member.Elapsed(timeout));

    public void SetWake(SimulatedMember member) => After(0, member.Wake);

    public bool IsTimely(SimulatedMember member, Block block) => true;

    public void OnDecided(SimulatedMember member, CommittedBlock block)
    {
        if (member.IsHonest)
            _referee.OnDecided(_seats[member.Node], block);
    }

    public void OnEvidence(SimulatedMember member, Equivocation evidence) => Coverage.Count(Reached.Evidence);

    public void OnAmnesia(SimulatedMember member) => Fail(ViolationKind.FalseAmnesia, $"node {member.Node}");

    public void Fail(ViolationKind kind, string what) => _referee.Fail(kind, what);

    private void Tick(SimulatedMember node)
    {
        node.Tick();
        After(TickInterval, () => Tick(node));
    }

    private void Transmit(int from, int to, ChainMessage message)
    {
        if (_seats[from] != _seats[to] && Passes(from, to, message))
            After(1, () => _nodes[to].Deliver(_seats[from], message));
    }

    private void After(int delay, Action action) => _queue.Enqueue(action, (Now + delay, _order++));
}
