using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>How a stretch of local training goes.</summary>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="BatchSize">Images a step, at most as many as there are.</param>
/// <param name="Decay">AdamW's weight decay.</param>
/// <param name="Rate">Learning rate by step, from 0.</param>
public sealed record StepPlan(int Steps, int BatchSize, double Decay, Func<int, double> Rate)
{
    /// <summary>Roles that may move; null for all.</summary>
    public Func<ParameterRole, bool>? Moving { get; init; }

    /// <summary>Take the place of the trainer's: the chain's where its policy has them, or a site's own where it tunes a model for itself alone.</summary>
    public IReadOnlyList<float>? ClassWeights { get; init; }

    /// <summary>Parameters that each step pulls towards: w ← w − rate · <see cref="Pull"/> · (w − anchor) (FedProx, Li et al. 2020; Ditto, Li et al. 2021).</summary>
    public float[]? Anchor { get; init; }

    /// <summary>μ of the pull.</summary>
    public double Pull { get; init; }

    /// <summary>What all steps together move the parameters by besides (SCAFFOLD's c − c_i, Karimireddy et al. 2020); null for nothing.</summary>
    public float[]? Drift { get; init; }

    /// <summary>Sum of the learning rates of all steps.</summary>
    public double Rates => Enumerable.Range(0, Steps).Sum(Rate);

    /// <summary>A round's local steps: linear warm-up over the share <paramref name="warmUp"/> of the whole chain, then a half cosine to zero.</summary>
    /// <param name="round">From 1.</param>
    /// <param name="start">The round's base model, which FedProx pulls towards where the policy says so.</param>
    /// <param name="drift">See <see cref="Drift"/>.</param>
    public static StepPlan OfRound(RoundPolicy policy, long round, double warmUp, float[]? start = null, float[]? drift = null)
    {
        long total = (long)policy.Rounds * policy.LocalSteps, first = (round - 1) * policy.LocalSteps;
        double pull = (policy.Update?.ProximalPpm ?? 0) * 1e-6;
        return new StepPlan(policy.LocalSteps, policy.BatchSize, policy.WeightDecayPpm * 1e-6, step => policy.LearningRatePpm * 1e-6 * Schedule(first + step))
        {
            Moving = policy.Update?.FrozenBackbone == true ? role => role != ParameterRole.Backbone : null,
            Anchor = pull > 0 ? start : null,
            Pull = pull,
            Drift = drift,
            ClassWeights = policy.Update?.ClassWeights?.ToFloats(),
        };

        double Schedule(long step)
        {
            double at = (step + 0.5) / total;
            return (warmUp > 0 ? Math.Min(1, at / warmUp) : 1) * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(at, 1)));
        }
    }

    /// <summary>A short tuning from a rate that falls to zero.</summary>
    public static StepPlan Tuning(RoundPolicy policy, int steps, double rateFactor = 1) => new(
        steps, policy.BatchSize, policy.WeightDecayPpm * 1e-6, step => rateFactor * policy.LearningRatePpm * 1e-6 * (1 - (double)step / steps));
}
