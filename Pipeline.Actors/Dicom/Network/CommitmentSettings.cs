namespace Pipeline.Actors.Dicom.Network;

/// <summary>How storage commitment is reported on an association of our own.</summary>
/// <param name="Attempts">Tries before a report is given up; the requestor asks again.</param>
public sealed record CommitmentSettings(int Attempts = 5)
{
    /// <summary>For connecting and each answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two tries.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(30);
}
