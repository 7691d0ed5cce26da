using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Host.Reporting;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Demo;

/// <summary>
/// What the collaboration is compared with, trained by the same code with the same steps and augmentation but without a chain: all images
/// pooled, labels that say nothing, and the second task without the bridge. Each hospital trains alone by itself, when it personalizes.
/// </summary>
public sealed class DemoControls(DemoProfile profile, int seed)
{
    private readonly Digest _seed = Digest.Of(BitConverter.GetBytes(seed));

    /// <summary>Test AUC of a model trained on all hospitals' images in one place.</summary>
    public double Centralized(DemoConsortium.Agreement agreement, DemoData data)
    {
        float[] weights = Baselines.Train(
            agreement.Architecture, agreement.Chain.Task, profile.Trainer, agreement.Chain.Policy, agreement.Start.ToFloats(),
            ImageSet.Concat(data.Train), Digest.Of([.. _seed.ToArray(), 1]), data.Train.Count);
        return data.Auc(Trainer(agreement), weights);
    }

    /// <summary>The same with labels that carry no information, averaged over several deals; .5 unless something leaks.</summary>
    public double ShuffledLabels(DemoConsortium.Agreement agreement, DemoData data)
    {
        var pooled = ImageSet.Concat(data.Train);
        var policy = agreement.Chain.Policy with { Rounds = 1, LocalSteps = profile.ShuffledSteps };
        double sum = 0;
        for (int p = 0; p < profile.ShuffledDeals; p++)
        {
            var random = SeededRandom.Derive(_seed, $"shuffle/{agreement.Id}/{p}");
            var shuffled = pooled.WithLabels(Baselines.RandomLabels(pooled.Count, agreement.Chain.Task.Classes.Count, random));
            float[] weights = Baselines.Train(
                agreement.Architecture, agreement.Chain.Task, profile.Trainer, policy, agreement.Start.ToFloats(), shuffled,
                Digest.Of([.. _seed.ToArray(), 2, (byte)p]));
            sum += data.Auc(Trainer(agreement), weights);
        }

        return sum / profile.ShuffledDeals;
    }

    /// <summary>The global model's AUC by round when no bridge leads to the chain.</summary>
    public IReadOnlyList<DemoResult.CurvePoint> WithoutBridge(DemoConsortium.Agreement agreement, DemoData data, CancellationToken cancel)
    {
        var simulation = new FederatedSimulation(
            agreement.Architecture, agreement.Chain.Task, profile.Trainer, agreement.Chain.Policy, agreement.Start, data.Train,
            Digest.Of([.. _seed.ToArray(), 3]), parallelism: 1);
        var trainer = Trainer(agreement);
        List<DemoResult.CurvePoint> curve = [new(0, data.Auc(trainer, agreement.Start.ToFloats()))];
        while (simulation.Round < agreement.Chain.Policy.Rounds)
        {
            cancel.ThrowIfCancellationRequested();
            simulation.Step();
            curve.Add(new((int)simulation.Round, data.Auc(trainer, simulation.Model.ToFloats())));
        }

        return curve;
    }

    public SiteTrainer Trainer(DemoConsortium.Agreement agreement) => new(agreement.Architecture, agreement.Chain.Task, profile.Trainer);
}
