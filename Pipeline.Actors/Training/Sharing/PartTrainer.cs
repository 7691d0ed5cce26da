using Pipeline.Actors.Ingest;
using Pipeline.Ledger.Rounds;
using TorchSharp;

namespace Pipeline.Actors.Training.Sharing;

/// <summary>
/// Computes parts of the gradients of a round that another node of the site trains. Images are those of this node's own copy of the site's samples, found by
/// what they are and not by where they lie, so that copies that differ elsewhere do not matter. One thread.
/// </summary>
/// <param name="samples">The site's, as this node has them.</param>
public sealed class PartTrainer(IArchitecture architecture, TaskDescriptor task, ISampleStore samples, torch.Device device, CancellationToken stop)
{
    private readonly ModelLayout _layout = architecture.Layout(task);
    private readonly PartGradient _part = new(new TrainingNetwork(architecture, architecture.Layout(task), device, stop));
    private readonly Dictionary<UInt128, ImageSet> _images = [];
    private Dictionary<UInt128, Sample> _samples = [];
    private long _version = -1;

    /// <exception cref="OperationCanceledException">This node stops.</exception>
    public GradientPart Compute(GradientWork work)
    {
        if (work.Weights.Length != _layout.Length || work.ClassWeights.Length != task.Classes.Count || work.Images.Count == 0)
        {
            return GradientPart.Failed(
                $"work of {work.Weights.Length} parameters, {work.ClassWeights.Length} classes and {work.Images.Count} images for a network of {_layout.Length} and {task.Classes.Count}");
        }

        var images = new ImageSet[work.Images.Count];
        var drawn = new DrawnImage[images.Length];
        for (int i = 0; i < images.Length; i++)
        {
            if (Find(work.Images[i].Mark) is not { } image)
                return GradientPart.Failed("it has not all of the images yet");
            (images[i], drawn[i]) = (image, new DrawnImage(i, work.Images[i].Draw));
        }

        float[] gradient = new float[_layout.Length];
        double loss = _part.Of(work.Weights, ImageSet.Concat(images), drawn, work.ClassWeights, work.Whole, gradient);
        return new GradientPart(loss, gradient);
    }

    /// <summary>Keeps no image in memory; the next work looks them up again.</summary>
    public void Forget()
    {
        _images.Clear();
        _samples = [];
        _version = -1;
    }

    private ImageSet? Find(UInt128 mark)
    {
        if (_images.TryGetValue(mark, out var image))
            return image;
        if (!_samples.TryGetValue(mark, out var sample) && !(Look() && _samples.TryGetValue(mark, out sample)))
            return null;
        return _images[mark] = ImageSet.Of([sample], task.Height, task.Width);
    }

    /// <returns>Whether samples have come or gone since the last look.</returns>
    private bool Look()
    {
        long version = samples.Version;
        if (version == _version)
            return false;
        _version = version;
        _samples = [];
        foreach (var sample in samples.Snapshot(DataSplit.Train))
            _samples[SampleMark.Of(sample)] = sample;
        foreach (var gone in _images.Keys.Where(mark => !_samples.ContainsKey(mark)).ToArray())
            _images.Remove(gone);
        return true;
    }
}
