using System.Net;

namespace Pipeline.Host.Configuration;

/// <summary>How this site reaches the other institutions of its chains.</summary>
/// <param name="Enabled">Off: the site is alone, whatever its chains say.</param>
/// <param name="Listen">Null: outbound links alone.</param>
/// <param name="CertificateFile">PEM, absolute.</param>
/// <param name="KeyFile">Its private key, PEM, encrypted or not; absolute.</param>
/// <param name="TrustedCaFile">Peers' certificates must be issued by it; null: their member keys vouch for them.</param>
/// <param name="Proxy">For outbound links (HTTP CONNECT); null for none.</param>
public sealed record GatewaySettings(
    bool Enabled, IPEndPoint? Listen, string CertificateFile, string KeyFile, string? TrustedCaFile, Uri? Proxy, GatewayTimeouts Timeouts,
    GatewayLimits Limits, IReadOnlyList<GatewayPeer> Peers)
{
    internal static GatewaySettings Create(SettingsReader reader, string dataDirectory)
    {
        bool enabled = reader.Choice("pipeline.gateway.enabled", ["on", "off"]) == "on";
        string listen = reader.Text(
            "pipeline.gateway.listen", "empty, or IP address:port", text => text.Length == 0 || SettingsRules.IsEndPoint(text));
        string certificate = OptionalPath("certificate"), key = OptionalPath("key"), ca = OptionalPath("trusted-ca");
        string proxy = reader.Text("pipeline.gateway.proxy", "empty, or http://host:port", text => text.Length == 0 || IsProxy(text));
        return new GatewaySettings(
            enabled, IPEndPoint.TryParse(listen, out var endPoint) ? endPoint : null,
            Path.GetFullPath(certificate.Length == 0 ? Path.Combine(dataDirectory, "keys", "tls.crt") : certificate),
            Path.GetFullPath(key.Length == 0 ? Path.Combine(dataDirectory, "keys", "tls.key") : key),
            ca.Length == 0 ? null : Path.GetFullPath(ca), IsProxy(proxy) ? new Uri(proxy) : null, GatewayTimeouts.Create(reader),
            GatewayLimits.Create(reader), GatewayPeer.CreateAll(reader));

        string OptionalPath(string name) =>
            reader.Text($"pipeline.gateway.{name}", "empty, or path", text => text.Length == 0 || SettingsRules.IsPath(text));
    }

    private static bool IsProxy(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp;
}
