namespace Pipeline.Actors.Training.Sharing;

/// <summary>The other training nodes of a site, as the one that trains sees them. Any thread.</summary>
public interface IGradientHelpers
{
    /// <summary>Those that can be asked now, in the order of their nodes' names.</summary>
    IReadOnlyList<IGradientHelper> Ready { get; }
}
