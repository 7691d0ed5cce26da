namespace Pipeline.Host.Reporting;

/// <summary>One headline claim of the demo, judged.</summary>
/// <param name="Title">The claim in a few words.</param>
/// <param name="Measured">The measured number, formatted.</param>
/// <param name="Bar">What it must be.</param>
/// <param name="Status">Whether it is.</param>
/// <param name="Detail">The numbers behind it, one sentence.</param>
public sealed record DemoClaim(string Title, string Measured, string Bar, ClaimStatus Status, string Detail)
{
    /// <summary>Whether the claim stands.</summary>
    public bool Met => Status == ClaimStatus.Met;
}
