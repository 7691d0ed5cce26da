using System.Net;

namespace Pipeline.Host.Configuration;

/// <summary>Health, metrics, status as JSON and the status page: one HTTP port for operators and their tools.</summary>
/// <param name="Enabled">Off: no port is open.</param>
/// <param name="TokenFile">Absolute; whoever shows its first line may read.</param>
/// <param name="OperatorTokenFile">Absolute; whoever shows its first line may change things. Null: nothing can be changed over this port.</param>
/// <param name="CertificateFile">PEM, absolute; null speaks plain HTTP.</param>
/// <param name="KeyFile">Of the certificate.</param>
/// <param name="OpenHealth">Whether health is told without a token.</param>
/// <param name="Refresh">How old an answer may be.</param>
/// <param name="Collector">Where metrics and traces are sent by OTLP; null for nowhere.</param>
public sealed record StatusSettings(
    bool Enabled, IPEndPoint Listen, string TokenFile, string? OperatorTokenFile, string? CertificateFile, string? KeyFile, bool OpenHealth, TimeSpan Refresh, Uri? Collector)
{
    /// <summary>Whose tokens are taken beside the port's own; null for nobody's.</summary>
    public OidcSettings? Oidc { get; init; }

    /// <summary>Share of traces that are sent to the collector, 0 to 1.</summary>
    public double TraceRatio { get; init; }

    private const string Section = "pipeline.status";

    internal static StatusSettings Create(SettingsReader reader, string dataDirectory)
    {
        bool enabled = reader.Choice($"{Section}.enabled", ["on", "off"]) == "on";
        string listen = reader.Text($"{Section}.listen", "IP address:port", SettingsRules.IsEndPoint);
        string certificate = OptionalPath("certificate"), key = OptionalPath("key"), token = OptionalPath("token-file"), operators = OptionalPath("operator-token-file");
        bool operations = reader.Choice($"{Section}.operations", ["on", "off"]) == "on";
        bool anywhere = reader.Choice($"{Section}.plain", ["loopback", "anywhere"]) == "anywhere";
        bool open = reader.Choice($"{Section}.health", ["open", "token"]) == "open";
        string collector = reader.Text($"{Section}.collector", "empty, or http://host:port, or https://host:port", text => text.Length == 0 || IsUri(text));
        var at = IPEndPoint.TryParse(listen, out var endPoint) ? endPoint : new IPEndPoint(IPAddress.Loopback, 0);
        if (certificate.Length == 0 != (key.Length == 0))
            reader.Report($"{Section}.{(certificate.Length == 0 ? "certificate" : "key")}", null, "missing; certificate and key belong together");
        if (enabled && certificate.Length == 0 && !anywhere && !IPAddress.IsLoopback(at.Address))
        {
            reader.Report($"{Section}.listen", $"\"{listen}\"",
                $"would show tokens and figures to the network in clear; give {Section}.certificate and key, listen on 127.0.0.1, or set {Section}.plain = anywhere");
        }

        string tokenFile = PathOr(token, "status.token");
        string? operatorFile = operations ? PathOr(operators, "operator.token") : null;
        if (string.Equals(tokenFile, operatorFile, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
        {
            reader.Report(operators.Length == 0 ? $"{Section}.token-file" : $"{Section}.operator-token-file", $"\"{tokenFile}\"",
                "is the file of the readers' token and of the operators', so every reader could change things; name two files, or leave both out");
        }

        if (enabled && operations && anywhere && certificate.Length == 0 && !IPAddress.IsLoopback(at.Address))
        {
            reader.Report($"{Section}.operations", "on",
                $"would take the operators' token, and erasures, over the network in clear, which {Section}.plain does not allow; give {Section}.certificate and key, or listen on 127.0.0.1");
        }

        return new StatusSettings(
            enabled, at, tokenFile, operatorFile,
            certificate.Length == 0 ? null : Path.GetFullPath(certificate), key.Length == 0 ? null : Path.GetFullPath(key), open,
            reader.Duration($"{Section}.refresh-interval", "100ms", "1m"), IsUri(collector) ? new Uri(collector) : null)
        {
            Oidc = OidcSettings.Create(reader),
            TraceRatio = reader.Fraction($"{Section}.trace-ratio", 0, 1),
        };

        string PathOr(string path, string name) => Path.GetFullPath(path.Length == 0 ? Path.Combine(dataDirectory, "keys", name) : path);

        string OptionalPath(string name) =>
            reader.Text($"{Section}.{name}", "empty, or path", text => text.Length == 0 || SettingsRules.IsPath(text));
    }

    private static bool IsUri(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https") && uri.Host.Length > 0;
}
