using Pipeline.Actors.Privacy;
using Pipeline.Actors.Training.Sharing;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>One site's answer to a round, from base model to payload: the code that production and reference runs share.</summary>
public static class SiteRound
{
    /// <summary>Trains from <paramref name="model"/> and builds the partial update; pure but for the trainer's optimizer.</summary>
    /// <param name="siteSecret">Seeds rounding and salt together with the round's seed.</param>
    /// <param name="privacy">Terms and noise where the policy has differential privacy; what they cost must be paid already.</param>
    /// <param name="sharing">Other trainers that compute parts of the gradients; of no use with differential privacy, whose steps are computed here.</param>
    /// <param name="branch">What the round goes on with; <paramref name="state"/> is that branch's.</param>
    /// <returns>The state to make durable before the payload is sent, and the mean loss; or an error.</returns>
    public static (SiteState? State, double Loss, string? Error) Run(
        SiteTrainer trainer, SiteState state, FixedPointModel model, Digest baseDigest, RoundPolicy policy, long round, Digest seed,
        string siteSecret, ImageSet data, PrivateRound? privacy = null, SharedRound? sharing = null, RoundBranch branch = default)
    {
        if (privacy is null && policy.Privacy is not null)
            throw new ArgumentException("the policy has differential privacy; give terms and noise", nameof(privacy));
        trainer.Optimizer.Restore(state.OptimizerSteps, state.FirstMoment, state.SecondMoment);
        float[] start = model.ToFloats(), residual = Kept(policy, state.Residual);
        bool ahead = policy.Update?.StartFromResidual == true;
        for (int i = 0; ahead && i < start.Length; i++)
            start[i] += residual[i];
        // The head's bias is the last tensor of every architecture, and is not decayed: raised before the steps and lowered after them, it is a raised logit.
        float[] prior = privacy is null ? trainer.Prior(policy, data) : [];
        Raise(start, prior, 1);
        long last = BranchRounds.Previous(policy, round, branch);
        var memory = new SiteMemory(policy, trainer.Rates(policy, round), last, trainer.Rates(policy, last), state, model);
        var training = privacy is null
            ? trainer.Train(round, start, data, policy, SeededRandom.Derive(seed, $"batches/{siteSecret}"), sharing, memory.Drift)
            : trainer.TrainPrivately(round, start, data, policy, privacy, memory.Drift);
        if (training.Error is not null)
            return (null, training.Loss, training.Error);
        Raise(start, prior, -1);
        Raise(training.Weights, prior, -1);
        Weigh(start, training.Weights, privacy is null ? (float)(policy.Update?.WeightOf(data.Count) ?? 1) : 1);
        float[] waiting = memory.Waiting(ahead ? new float[start.Length] : residual);
        memory.Learn(start, training.Weights);
        var update = PartialUpdate.Build(
            model, baseDigest, policy, round, training.Weights, waiting, SeededRandom.Derive(seed, $"update/{siteSecret}"));
        memory.Clear(update.Sent);
        var next = new SiteState(
            round, baseDigest, update.Payload, update.Residual, trainer.Optimizer.Steps, (float[])trainer.Optimizer.First.Clone(),
            (float[])trainer.Optimizer.Second.Clone())
        { Control = memory.Control, Velocity = memory.Velocity };
        return (next, training.Loss, null);
    }

    private static void Raise(float[] weights, float[] prior, float sign)
    {
        for (int c = 0; c < prior.Length; c++)
            weights[weights.Length - prior.Length + c] += sign * prior[c];
    }

    private static void Weigh(float[] start, float[] trained, float weight)
    {
        for (int i = 0; weight != 1 && i < trained.Length; i++)
            trained[i] = start[i] + weight * (trained[i] - start[i]);
    }

    private static float[] Kept(RoundPolicy policy, float[] residual) => policy.Update is { ResidualKeepPpm: < 1_000_000 } update
        ? [.. residual.Select(r => r * (update.ResidualKeepPpm * 1e-6f))]
        : residual;
}
