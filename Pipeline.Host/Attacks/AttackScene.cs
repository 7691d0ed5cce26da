using System.Text;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Host.Experiments;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Attacks;

/// <summary>What is attacked: a task's institutions training under a policy, and images that the attacker has of its own.</summary>
/// <param name="MayShow">The images are drawn: a report may show them.</param>
internal sealed record AttackScene(LearningTask Task, RoundPolicy Policy, int Seed, bool MayShow, CancellationToken Stop)
{
    public Digest Digest => Digest.Of(Encoding.UTF8.GetBytes($"attack/{Task.Name}/{Seed}"));

    /// <summary>Validation and test images: of the same kind, and never trained on.</summary>
    public ImageSet Outside => ImageSet.Concat([.. Task.Sites.Select(s => s.Validation), .. Task.Sites.Select(s => s.Test)]);

    /// <summary>Images of the same kind that are in no update of one site: what nobody trained on, and what others train on.</summary>
    public ImageSet NotOf(string site) => ImageSet.Concat([Outside, .. Task.Sites.Where(s => s.Site != site).Select(s => s.Train)]);

    public TrainerSettings Settings => TrainerSettings.Default with
    {
        ClassWeights = ClassBalance.Weights([.. Task.Sites.Select(s => s.Train.ClassCounts(Task.Classes))], Digest),
    };

    public SeededRandom Random(string purpose) => SeededRandom.Derive(Digest, purpose);

    public FixedPointModel Start(IArchitecture architecture)
    {
        var layout = architecture.Layout(Task.Descriptor);
        return FixedPointModel.FromFloats(layout, architecture.Initialize(layout, (ulong)Seed));
    }

    /// <summary>The chain's training: trainer, codec and integer aggregation are those of a site.</summary>
    public FederatedSimulation Train(IArchitecture architecture, IReadOnlyList<ImageSet> sites) =>
        new(architecture, Task.Descriptor, Settings, Policy, Start(architecture), sites, Digest, Environment.ProcessorCount);

    /// <summary>The final model of a chain over <paramref name="sites"/>.</summary>
    public float[] FinalModel(IArchitecture architecture, IReadOnlyList<ImageSet> sites, Action<long> progress)
    {
        var training = Train(architecture, sites);
        while (training.Round < Policy.Rounds)
        {
            Stop.ThrowIfCancellationRequested();
            training.Step();
            progress(training.Round);
        }

        return training.Model.ToFloats();
    }
}
