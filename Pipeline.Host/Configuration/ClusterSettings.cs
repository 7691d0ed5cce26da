using System.Net;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Host.Configuration;

/// <summary>One node of a site that is spread over several.</summary>
/// <param name="Node">Lower-case kebab; unlike that of any other node.</param>
/// <param name="Host">Where other nodes reach it.</param>
/// <param name="Seeds">host:port, the same list on every node.</param>
/// <param name="FailureAfter">A node that is silent for so long is unreachable.</param>
/// <param name="StableAfter">Then, when nothing changes for so long, the smaller part stops.</param>
/// <param name="Tls">Null: links are plain.</param>
public sealed record ClusterSettings(
    string Node, string Host, int Port, IReadOnlyList<string> Seeds, TimeSpan FailureAfter, TimeSpan StableAfter, ClusterTlsFiles? Tls)
{
    private const string Section = "pipeline.cluster";

    /// <summary>How its training nodes share the steps of a round.</summary>
    public ClusterTraining Training { get; init; } = new(ClusterTraining.Auto, TimeSpan.FromSeconds(10));

    internal static ClusterSettings? Create(SettingsReader reader)
    {
        bool enabled = reader.Choice($"{Section}.enabled", ["on", "off"]) == "on";
        string node = reader.Text($"{Section}.node", "empty, or lower-case letters, digits and hyphens, at most 64", text => text.Length == 0 || Genesis.IsChainName(text));
        string host = reader.Text($"{Section}.host", "host name or IP address", text => Uri.CheckHostName(text) != UriHostNameType.Unknown);
        int port = reader.Int($"{Section}.port", 1, 65535);
        var seeds = reader.Texts($"{Section}.seed-nodes", "list of host:port", SettingsRules.IsHostAndPort);
        var failure = reader.Duration($"{Section}.failure-after", "500ms", "5m");
        var stable = reader.Duration($"{Section}.stable-after", "500ms", "5m");
        bool anywhere = reader.Choice($"{Section}.plain", ["loopback", "anywhere"]) == "anywhere";
        var training = new ClusterTraining(
            reader.Choice($"{Section}.training.parallel", [ClusterTraining.Auto, ClusterTraining.On, ClusterTraining.Off]),
            reader.Duration($"{Section}.training.step-timeout", "100ms", "10m"));
        string certificate = File("certificate"), key = File("key"), ca = File("trusted-ca");
        if (!enabled)
            return null;
        if (node.Length == 0)
            reader.Report($"{Section}.node", "\"\"", "missing; every node of the site has a name of its own");
        if (seeds.Count == 0)
            reader.Report($"{Section}.seed-nodes", null, "missing; name at least one node as host:port, the same list on every node");
        string[] given = [certificate, key, ca];
        if (given.Any(file => file.Length > 0) && given.Any(file => file.Length == 0))
            reader.Report($"{Section}.tls", null, "certificate, key and trusted-ca belong together");
        bool tls = given.All(file => file.Length > 0);
        if (host is "0.0.0.0" or "::")
        {
            reader.Report($"{Section}.host", $"\"{host}\"", "other nodes dial it, so it must be this node's own name or address");
        }
        else if (!tls && !anywhere && !IsLoopback(host))
        {
            reader.Report($"{Section}.host", $"\"{host}\"",
                $"would show samples and models to the network in clear; give {Section}.tls, or set {Section}.plain = anywhere where the network is closed by other means");
        }

        return new ClusterSettings(
            node, host, port, seeds, failure, stable,
            tls ? new ClusterTlsFiles(Path.GetFullPath(certificate), Path.GetFullPath(key), Path.GetFullPath(ca)) : null)
        { Training = training };

        string File(string name) => reader.Text($"{Section}.tls.{name}", "empty, or path", text => text.Length == 0 || SettingsRules.IsPath(text));
    }

    /// <summary>Votes must outlive any one node: every chain's journal is on the server that all nodes write to.</summary>
    internal void Check(SettingsReader reader, IReadOnlyList<ChainSettings> chains)
    {
        foreach (var chain in chains.Where(chain => chain.Journal != "postgresql"))
        {
            reader.Report($"pipeline.chains.{chain.Name}.journal", chain.Journal,
                $"node '{Node}' is one of several, and a file on it would be lost to the others; set journal = postgresql, the same server on every node");
        }
    }

    private static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
