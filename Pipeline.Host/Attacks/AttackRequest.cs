using Pipeline.Actors.Attacks;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Attacks;

/// <param name="DataDirectory">A folder of tasks, or one task; null for drawn phantoms.</param>
/// <param name="Task">The task to take of several; null for the first.</param>
/// <param name="PolicyName">What the report calls the policy.</param>
/// <param name="Policy">Under which the attacked sites train.</param>
/// <param name="Candidates">Among which an image is to be found.</param>
/// <param name="Controls">Images of the positive control of inversion.</param>
/// <param name="Rounds">Rounds whose updates are inverted.</param>
/// <param name="Shadows">Shadow models of the likelihood-ratio attack, an even number; 0 leaves it out.</param>
public sealed record AttackRequest(
    AttackKind Kind, string? DataDirectory, string? Task, string PolicyName, RoundPolicy Policy, int Side, string Architecture, int Seed, int Candidates,
    int Controls, IReadOnlyList<int> Rounds, int Shadows, InversionSettings Search, string? JsonFile, string? ReportFile)
{
    /// <summary>Parts of each institution's patients, each left out of one chain in turn; what membership is told by.</summary>
    public int Parts { get; init; } = 4;

    /// <summary>Training steps of the learned inverter.</summary>
    public int LearningSteps { get; init; } = 1500;

    /// <summary>Updates that the attacker makes of its own images for it.</summary>
    public int LearningUpdates { get; init; } = 400;
}
