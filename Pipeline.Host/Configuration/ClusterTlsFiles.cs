namespace Pipeline.Host.Configuration;

/// <summary>PEM files of TLS between the nodes of a site; absolute paths.</summary>
/// <param name="TrustedCa">Nodes' certificates come from it.</param>
public sealed record ClusterTlsFiles(string Certificate, string Key, string TrustedCa);
