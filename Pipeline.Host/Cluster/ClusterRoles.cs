using Pipeline.Actors.Ingest;

namespace Pipeline.Host.Cluster;

/// <summary>What a member's roles say beside what it does: its node's name, and which keys it has.</summary>
internal static class ClusterRoles
{
    private const string Node = "node-", Keys = "keys-";

    public static IEnumerable<string> Of(IReadOnlyList<string> roles, string node, SiteKey key) => [.. roles, Node + node, KeysOf(key)];

    public static string? NodeOf(IEnumerable<string> roles) => Behind(Node, roles);

    /// <summary>Tells two site keys apart and gives neither away.</summary>
    public static string KeysOf(SiteKey key) => Keys + key.Pseudonym(PseudonymKind.Uid, "the nodes of one site have one key")[..16];

    /// <summary>Whether a member makes the pseudonyms that this node makes.</summary>
    public static bool SameKeys(IEnumerable<string> roles, SiteKey key) => roles.Contains(KeysOf(key));

    private static string? Behind(string prefix, IEnumerable<string> roles) =>
        roles.FirstOrDefault(role => role.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];
}
