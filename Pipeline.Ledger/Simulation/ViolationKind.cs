namespace Pipeline.Ledger.Simulation;

/// <summary>The rules that a schedule is judged by.</summary>
public enum ViolationKind
{
    /// <summary>Two honest members decided different blocks at one height.</summary>
    Fork,

    /// <summary>An honest member signed two statements for one height, round and type.</summary>
    Equivocation,

    /// <summary>An honest member prevoted against its lock without a newer polka.</summary>
    BrokenLock,

    /// <summary>An honest member sent what its journal did not hold.</summary>
    NotDurable,

    /// <summary>An honest member with its whole journal took it for an old copy.</summary>
    FalseAmnesia,

    /// <summary>An honest member found a decided block invalid.</summary>
    Diverged,

    /// <summary>An honest member did not decide although the network was stable.</summary>
    Stuck,

    /// <summary>The code under test threw.</summary>
    Exception,
}
