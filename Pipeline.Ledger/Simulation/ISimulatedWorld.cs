using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Ledger.Simulation;

/// <summary>What surrounds a <see cref="SimulatedMember"/>: network, clock, faults and judge.</summary>
internal interface ISimulatedWorld
{
    int Members { get; }

    Faults Faults { get; }

    SimulationCoverage Coverage { get; }

    /// <summary>Whether the member crashes between two effects of a step; null before the first and after the last.</summary>
    bool CrashNow(SimulatedMember member, ConsensusEffect? previous, ConsensusEffect? next);

    /// <summary>Whether the journal acknowledges a write and loses it.</summary>
    bool LosesPersist();

    void Broadcast(SimulatedMember from, ChainMessage message);

    /// <param name="from">The sender's node.</param>
    void Send(int from, int seat, ChainMessage message);

    void SetTimer(SimulatedMember member, ConsensusEffect.ScheduleTimeout timeout);

    /// <summary>The member will have a reason for a block.</summary>
    void SetWake(SimulatedMember member);

    /// <summary>Whether a fresh block is of the member's time: while clocks differ, members disagree.</summary>
    bool IsTimely(SimulatedMember member, Block block);

    void OnDecided(SimulatedMember member, CommittedBlock block);

    void OnEvidence(SimulatedMember member, Equivocation evidence);

    void OnAmnesia(SimulatedMember member);

    void Fail(ViolationKind kind, string what);
}
