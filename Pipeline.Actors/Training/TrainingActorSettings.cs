using Pipeline.Actors.Bridge;
using Pipeline.Actors.Personalization;
using Pipeline.Actors.Privacy;
using Pipeline.Actors.Training.Sharing;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <param name="StateFile">Where the residual, the optimizer's moments and the last answer are kept; those of a branch that is tried, beside it (<see cref="Updates.BranchStates"/>).</param>
/// <param name="Device"><c>auto</c>, <c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="SiteSecret">Seeds rounding, salt and batches; never leaves the site.</param>
public sealed record TrainingActorSettings(
    string Chain, TaskDescriptor Task, RoundPolicy Policy, TrainerSettings Trainer, HarmGateSettings Gate, PersonalizerSettings Personalizer,
    string StateFile, string Device, string SiteSecret)
{
    /// <summary>What the site demands beyond the chain's differential privacy.</summary>
    public PrivacyLimits Limits { get; init; } = PrivacyLimits.None;

    /// <summary>Keeps state and ε ledger for another node to go on with; null where this node is the only one.</summary>
    public ITrainingFiles? Shared { get; init; }

    /// <summary>The site's other training nodes, which compute parts of a round's gradients; null where this one trains alone.</summary>
    public StepSharing? Sharing { get; init; }

    /// <summary>The ε ledger, beside the state.</summary>
    public string PrivacyFile => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(StateFile))!, "privacy.ledger");
}
