using Pipeline.Actors.Training.Sharing;

namespace Pipeline.Tests.Actors.Training.Sharing;

/// <summary>Another trainer of the site, in this process.</summary>
internal sealed class LocalHelper(string node, PartTrainer trainer) : IGradientHelper, IGradientHelpers
{
    private GradientPart? _part;

    public string Node => node;

    public IReadOnlyList<IGradientHelper> Ready => [this];

    /// <summary>What comes in the place of a step's part; by the number of the step, from 1.</summary>
    public Func<int, GradientPart?> Instead { get; set; } = _ => null;

    public int Begun { get; private set; }

    public int Left { get; private set; }

    public void Begin(GradientWork work) => _part = Instead(++Begun) ?? trainer.Compute(work);

    public GradientPart End(TimeSpan wait, CancellationToken stop) => _part!;

    public void Leave() => Left++;
}
