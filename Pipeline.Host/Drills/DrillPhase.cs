namespace Pipeline.Host.Drills;

/// <summary>One fault and what it did.</summary>
/// <param name="Seconds">From the fault to its end.</param>
/// <param name="BlocksDuring">Blocks that the chain made meanwhile.</param>
/// <param name="QuorumLost">More than f members were away, so none may be made.</param>
/// <param name="RecoverySeconds">From the end of the fault to the time of the first block after it.</param>
/// <param name="RecoveryIntervals">The same, in block intervals.</param>
/// <param name="Note">What else was seen.</param>
public sealed record DrillPhase(
    string Fault, double Seconds, int BlocksDuring, bool QuorumLost, double RecoverySeconds, double RecoveryIntervals, string Note)
{
    /// <summary>Progress within two block intervals of the quorum's return; where the quorum held, progress during the fault.</summary>
    public bool Passed => QuorumLost ? BlocksDuring == 0 && RecoveryIntervals <= 2 : BlocksDuring > 0 || RecoveryIntervals <= 2;
}
