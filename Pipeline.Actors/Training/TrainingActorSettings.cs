using Pipeline.Actors.Bridge;
using Pipeline.Actors.Personalization;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <param name="StateFile">Where the residual, the optimizer's moments and the last answer are kept.</param>
/// <param name="Device"><c>auto</c>, <c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="SiteSecret">Seeds rounding, salt and batches; never leaves the site.</param>
public sealed record TrainingActorSettings(
    string Chain, TaskDescriptor Task, RoundPolicy Policy, TrainerSettings Trainer, HarmGateSettings Gate, PersonalizerSettings Personalizer,
    string StateFile, string Device, string SiteSecret);
