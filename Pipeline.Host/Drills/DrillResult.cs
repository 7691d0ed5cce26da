using System.Text.Json;

namespace Pipeline.Host.Drills;

/// <summary>The machine-readable result of <c>pipeline drill consortium</c>.</summary>
/// <param name="Network"><c>namespaces</c> or <c>relays</c>.</param>
/// <param name="Heights">Of every member's journal when it was stopped, by member; all had reached the highest of the moment before.</param>
/// <param name="Forks">Heights at which two journals hold different blocks.</param>
/// <param name="BadJournals">Journals that do not verify, or replay to another state, with the reason.</param>
/// <param name="Shown">Times that the adversary showed one member both of two contradicting statements.</param>
/// <param name="Evidence">Pairs of contradicting statements in the chain's blocks, each a proof against the member that signed both. One is proof enough: the
/// first against a member is a reason for a block, later ones ride along with blocks that are made anyway.</param>
/// <param name="Transactions">On the chain.</param>
public sealed record DrillResult(
    int Members, bool Adversary, string Network, double BlockIntervalSeconds, IReadOnlyList<DrillPhase> Phases, IReadOnlyDictionary<string, long> Heights,
    int Forks, IReadOnlyList<string> BadJournals, int Shown, int Evidence, int Transactions, double Seconds)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NewLine = "\n" };

    /// <summary>No fork up to the lowest height, every journal good and replayed to the states that its headers name.</summary>
    public bool IsSafe => Forks == 0 && BadJournals.Count == 0;

    /// <summary>
    /// The adversary that was told to contradict itself did so before an honest member, and is on the chain with it. A drill in which none was shown has tried
    /// nothing, and proves nothing.
    /// </summary>
    public bool IsProved => !Adversary || Phases.All(p => p.Fault != ConsortiumDrill.Equivocating) || (Shown > 0 && Evidence > 0);

    public bool Passed => IsSafe && IsProved && Phases.All(p => p.Passed);

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Json) + "\n");
}
