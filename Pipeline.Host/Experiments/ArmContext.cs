using System.Text;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>What an arm works with: the same task, network, first weights, augmentation and class weights for every arm of a seed.</summary>
public sealed class ArmContext
{
    private readonly Action<double> _progress;

    /// <param name="progress">Told the share of the arm that is done, 0 … 1.</param>
    internal ArmContext(LearningTask task, ExperimentProfile profile, int seed, ArmRuns others, Action<double> progress, CancellationToken stop)
    {
        Task = task;
        Others = others;
        Profile = profile;
        Seed = seed;
        Stop = stop;
        _progress = progress;
        Architecture = ArchitectureCatalog.Create(profile.Architecture);
        Layout = Architecture.Layout(task.Descriptor);
        Digest = Digest.Of(Encoding.UTF8.GetBytes($"experiment/{task.Name}/{seed}"));
        Start = FixedPointModel.FromFloats(Layout, Architecture.Initialize(Layout, (ulong)seed));
        Settings = TrainerSettings.Default with { ClassWeights = ClassBalance.Weights([.. task.Sites.Select(s => s.Train.ClassCounts(task.Classes))], Digest) };
        Trainer = new SiteTrainer(Architecture, task.Descriptor, Settings);
    }

    public LearningTask Task { get; }

    public ExperimentProfile Profile { get; }

    public int Seed { get; }

    /// <summary>Gives other arms' models.</summary>
    internal ArmRuns Others { get; }

    public CancellationToken Stop { get; }

    public IArchitecture Architecture { get; }

    public ModelLayout Layout { get; }

    /// <summary>Seeds whatever is drawn.</summary>
    public Digest Digest { get; }

    public FixedPointModel Start { get; }

    public TrainerSettings Settings { get; }

    /// <summary>For evaluation.</summary>
    public SiteTrainer Trainer { get; }

    /// <summary>The same seed on other images of the same kind.</summary>
    public ArmContext On(LearningTask task) => new(task, Profile, Seed, Others, _progress, Stop);

    /// <exception cref="OperationCanceledException">The experiment was stopped.</exception>
    public void Report(double share)
    {
        Stop.ThrowIfCancellationRequested();
        _progress(share);
    }

    /// <summary>Class probabilities on everybody's test images.</summary>
    public float[] Test(float[] weights) => Trainer.Predict(weights, Task.PooledTest).Probabilities;

    /// <summary>Macro-AUC on everybody's validation images; NaN where there are none of two classes.</summary>
    public double ValidationAuc(float[] weights)
    {
        var images = ImageSet.Concat([.. Task.Sites.Select(s => s.Validation)]);
        return images.Count == 0 ? double.NaN : RocCurve.MacroArea(Trainer.Predict(weights, images).Probabilities, images.Labels, Task.Classes);
    }

    public double TestAuc(float[] weights) => RocCurve.MacroArea(Test(weights), Task.PooledTest.Labels, Task.Classes);
}
