namespace Pipeline.Host.Drills;

/// <summary>What a person asks of <c>pipeline drill consortium</c>.</summary>
/// <param name="Members">Sites, each a process of its own.</param>
/// <param name="Adversary">One more member, Byzantine, played by the drill itself.</param>
/// <param name="FaultTime">How long each fault lasts.</param>
/// <param name="Namespaces">A network namespace for each site (root on Linux); otherwise relays on loopback carry the links.</param>
/// <param name="Folder">For the sites' data; made anew.</param>
/// <param name="JsonFile">Where to write the machine-readable result; null writes none.</param>
public sealed record DrillRequest(int Members, bool Adversary, TimeSpan FaultTime, bool Namespaces, string Folder, string? JsonFile)
{
    /// <summary>An idle chain makes a block this often: the block interval that recoveries are measured in.</summary>
    public TimeSpan BlockInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Which faults, of <see cref="ConsortiumDrill.Faults"/>; all by default.</summary>
    public IReadOnlyList<string> Faults { get; init; } = ConsortiumDrill.Faults;

    /// <summary>How long anything may take before the drill gives up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);
}
