using Pipeline.Actors.Training.Sharing;

namespace Pipeline.Host.Cluster;

/// <summary>The training nodes that a <see cref="HelperKeeper"/> has a link to, for the training actor's thread to use. Any thread.</summary>
internal sealed class HelperCrew : IGradientHelpers
{
    private volatile HelperLink[] _links = [];

    public IReadOnlyList<IGradientHelper> Ready => [.. _links.Where(link => !link.IsOver)];

    /// <summary>Those there are now.</summary>
    public void Set(IEnumerable<HelperLink> links) => _links = [.. links.OrderBy(link => link.Node, StringComparer.Ordinal)];
}
