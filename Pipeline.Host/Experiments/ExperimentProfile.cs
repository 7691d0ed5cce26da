using System.Globalization;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>How large an experiment is.</summary>
/// <param name="Side">Rows and columns of a sample (pixels).</param>
/// <param name="Tasks">Tasks that are taken where none is named.</param>
/// <param name="ScoreEvery">Rounds between two points of a curve.</param>
/// <param name="Resamples">Of the bootstrap.</param>
public sealed record ExperimentProfile(
    string Name, int Side, string Architecture, RoundPolicy Policy, IReadOnlyList<string> Tasks, int ScoreEvery, int Resamples)
{
    /// <summary>Whether the members of a chain count by what they have (<see cref="UpdatePolicy.TypicalImages"/> is theirs in the mean) or alike.</summary>
    public bool WeighSites { get; init; }

    public static ExperimentProfile Full { get; } = new(
        "full", 64, "residual-cnn-small", PolicyCatalog.Default, ["brain_type", "brain_lgg", "brain_yn", "cxr_ped", "cxr_nih"], 4, 2000);

    /// <summary>One task in a quarter of an hour on two cores: half of the rounds, a quarter of the pixels.</summary>
    public static ExperimentProfile Quick { get; } = Full with
    {
        Name = "quick",
        Side = 32,
        Policy = PolicyCatalog.Default with { Rounds = 160 },
        Tasks = ["brain_lgg"],
        ScoreEvery = 16,
        Resamples = 1000,
    };

    public static IReadOnlyList<ExperimentProfile> All { get; } = [Quick, Full];

    /// <summary>Tasks that an experiment takes where none is named. A bridge leads from the first to the others.</summary>
    public IReadOnlyList<string> TasksOf(ExperimentKind kind) => kind switch
    {
        ExperimentKind.Bridge => ["brain_type", "brain_lgg"],
        ExperimentKind.Byzantine => ["brain_lgg"],
        ExperimentKind.Privacy => Name == "quick" ? ["cxr_ped"] : ["brain_type", "cxr_ped"],
        _ => Tasks,
    };

    /// <summary>The profile as an experiment takes it: sabotage and privacy have many arms, which the quick profile trains on small images.</summary>
    public ExperimentProfile Of(ExperimentKind kind) => (kind, Name) switch
    {
        (ExperimentKind.Byzantine, "quick") => this with { Side = 32, Policy = Policy with { Rounds = 40 } },
        // A site alone cannot tell what an offer does to training together; trial-rounds=0 measures what it says.
        (ExperimentKind.Bridge, _) => this with { Policy = Policy with { Trial = TrialPolicy.Usual with { Rounds = TrialPolicy.Usual.Rounds * Policy.Rounds / Full.Policy.Rounds } } },
        (ExperimentKind.Privacy, "quick") => this with { Side = 32, Policy = Policy with { Rounds = 20 } },
        _ => this,
    };

    /// <summary>
    /// The profile with one setting replaced: <c>side</c>, <c>architecture</c>, <c>score-every</c>, <c>weigh-sites</c> (0 or 1), <c>policy</c> (one by name, with the profile's number of
    /// rounds) or one of <see cref="PolicyCatalog.With"/>.
    /// </summary>
    /// <exception cref="ArgumentException">Name or value is not known; the message lists what is.</exception>
    public ExperimentProfile With(string name, string value) => name switch
    {
        "side" => this with { Side = Number(name, value, 16, 512) },
        "score-every" => this with { ScoreEvery = Number(name, value, 1, 100_000) },
        "weigh-sites" => this with { WeighSites = Number(name, value, 0, 1) == 1 },
        "architecture" => this with { Architecture = ArchitectureCatalog.Create(value).Id },
        "policy" => this with { Policy = Named(value) with { Rounds = Policy.Rounds } },
        _ => this with { Policy = PolicyCatalog.With(Policy, name, value) },
    };

    private static RoundPolicy Named(string name) => PolicyCatalog.All.FirstOrDefault(p => p.Name == name).Policy
        ?? throw new ArgumentException($"policy={name}: one of {string.Join(", ", PolicyCatalog.All.Select(p => p.Name))}");

    private static int Number(string name, string value, int low, int high) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= low && number <= high
            ? number
            : throw new ArgumentException($"{name}={value}: {low} to {high}");
}
