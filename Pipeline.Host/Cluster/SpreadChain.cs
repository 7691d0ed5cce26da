using Pipeline.Host.Site;

namespace Pipeline.Host.Cluster;

/// <summary>A chain of a site that is spread over several nodes.</summary>
/// <param name="Settings">As a node takes part in it; the journal is on the server that all nodes write to.</param>
internal sealed record SpreadChain(ChainNodeSettings Settings)
{
    public string Name => Settings.Genesis.Name;
}
