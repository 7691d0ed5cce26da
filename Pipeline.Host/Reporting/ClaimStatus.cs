namespace Pipeline.Host.Reporting;

/// <summary>How a claim fared. Only <see cref="Met"/> counts for it.</summary>
public enum ClaimStatus
{
    /// <summary>Measured, and the bar is reached.</summary>
    Met,

    /// <summary>Measured, and the bar is missed.</summary>
    Missed,

    /// <summary>A number the claim needs is missing or undefined.</summary>
    NotMeasured,
}
