using Pipeline.Ledger.Consensus;

namespace Pipeline.Ledger.Simulation;

/// <summary>What a schedule does to a node at a moment of virtual time.</summary>
internal enum HappeningKind
{
    Deliver,
    Timeout,
    Tick,
    Wake,
    Boot,
    Leave,
    RollBack,
    Partition,
    Stabilize,
}

/// <param name="Life">In which a timer was set.</param>
/// <param name="Pause">Until a node that leaves comes back (virtual ms).</param>
internal readonly record struct Happening(
    HappeningKind Kind, int Node, int From = 0, ChainMessage? Message = null, int Life = 0, ConsensusEffect.ScheduleTimeout? Timeout = null,
    int Pause = 0);
