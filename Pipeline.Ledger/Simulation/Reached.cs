namespace Pipeline.Ledger.Simulation;

/// <summary>What a run counts, to show how much of the protocol its schedules reached.</summary>
public enum Reached
{
    /// <summary>Heights decided, summed over honest members.</summary>
    Heights,

    /// <summary>Schedules in which the chain decided <see cref="SimulationOptions.Heights"/> heights before the network was stable.</summary>
    DecidedUnderFaults,

    /// <summary>Messages delivered.</summary>
    Messages,

    /// <summary>Heights decided in a round above 0, summed over honest members.</summary>
    LateRounds,

    /// <summary>Locks that replaced a lock on another block.</summary>
    Relocks,

    /// <summary>Rounds entered on f+1 votes from ahead.</summary>
    Skips,

    /// <summary>Votes that Byzantine members signed two of.</summary>
    Equivocations,

    /// <summary>Equivocations that an honest member proved.</summary>
    Evidence,

    /// <summary>Members that came up and asked the others before they signed.</summary>
    Syncs,

    /// <summary>Members that lost the end of their journal.</summary>
    Rollbacks,

    /// <summary>Heights at which a member signs nothing because it learned of signatures that its journal does not hold.</summary>
    Amnesia,

    /// <summary>Schedules in which one identity ran twice.</summary>
    Twins,

    /// <summary>Crashes between effects of which neither is durable or spoken: timers, requests, repetitions.</summary>
    OtherCrashes,
}
