namespace Pipeline.Ledger.Bridge;

/// <summary>Why a proven packet could not be offered. Numbers are consensus state: append only.</summary>
public enum PacketError
{
    None = 0,
    Expired = 1,
    SourceName = 2,
    Purpose = 3,
    Architecture = 4,
    BackboneLayout = 5,
    PayloadSize = 6,

    /// <summary>An earlier packet of the same chain was still being judged.</summary>
    Busy = 7,

    /// <summary>The channel has brought in what the members' limits allow in this window.</summary>
    Limit = 8,

    /// <summary>The source clips its members' updates to a larger norm than the members accept, or does not say to which.</summary>
    UpdateNorm = 9,

    /// <summary>A contributor of the source has spent more of its patients' privacy than the members accept, or nothing is said of it.</summary>
    Privacy = 10,
}
