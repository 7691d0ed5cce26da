namespace Pipeline.Host.Cluster;

/// <summary>One node of a site, as another sees it.</summary>
/// <param name="Address">host:port of the links between nodes.</param>
/// <param name="State"><c>joining</c>, <c>up</c>, <c>leaving</c>, <c>exiting</c>, <c>down</c>.</param>
public sealed record ClusterMember(string Node, string Address, IReadOnlyList<string> Roles, string State, bool Reachable);
