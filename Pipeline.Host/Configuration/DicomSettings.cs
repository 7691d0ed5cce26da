using System.Net;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Host.Configuration;

/// <summary>The storage SCP.</summary>
/// <param name="AeTitle">The site's own AE title, and that of every chain that names no other.</param>
/// <param name="Server">Address, ports, limits, rules and time-outs.</param>
public sealed record DicomSettings(string AeTitle, DicomServerSettings Server)
{
    internal static DicomSettings Create(SettingsReader reader)
    {
        string host = reader.Text("pipeline.dicom.host", "IP address", text => IPAddress.TryParse(text, out _));
        int port = reader.Int("pipeline.dicom.port", 0, 65535);
        bool plain = reader.Choice("pipeline.dicom.plain", ["on", "off"]) == "on";
        DicomTlsListener? tls = Tls(reader);
        if (!plain && tls is null)
            reader.Report("pipeline.dicom.plain", "\"off\"", "leaves no port open; set pipeline.dicom.tls.enabled = on");
        return new DicomSettings(
            reader.Text("pipeline.dicom.ae-title", SettingsRules.AeTitleLegend, SettingsRules.IsAeTitle).Trim(),
            new DicomServerSettings
            {
                Address = IPAddress.TryParse(host, out var address) ? address : IPAddress.None,
                Port = plain ? port : null,
                Tls = tls,
                MaxAssociations = reader.Int("pipeline.dicom.max-associations", 1, 1024),
                MaxWaitingConnections = reader.Int("pipeline.dicom.max-waiting-connections", 1, 65536),
                MaxOperations = reader.Int("pipeline.dicom.max-operations", 1, 256),
                MaxPduLength = (int)reader.Size("pipeline.dicom.max-pdu", "4KiB", "16MiB"),
                MaxInstanceBytes = reader.Size("pipeline.dicom.max-instance", "1MiB", "64GiB"),
                Artim = reader.Duration("pipeline.dicom.artim-timeout", "1s", "10m"),
                IdleTimeout = reader.Duration("pipeline.dicom.idle-timeout", "1s", "1d"),
                AcceptUnknownPeers = reader.Choice("pipeline.dicom.unknown-peers", ["accept", "reject"]) == "accept",
                Peers = PeerSettings.CreateAll(reader),
                Commitment = new CommitmentSettings(reader.Int("pipeline.dicom.commitment.attempts", 1, 1000))
                {
                    Timeout = reader.Duration("pipeline.dicom.commitment.timeout", "1s", "10m"),
                    RetryInterval = reader.Duration("pipeline.dicom.commitment.retry-interval", "10ms", "1h"),
                },
            });
    }

    private static DicomTlsListener? Tls(SettingsReader reader)
    {
        bool enabled = reader.Choice("pipeline.dicom.tls.enabled", ["on", "off"]) == "on";
        int port = reader.Int("pipeline.dicom.tls.port", 0, 65535);
        bool client = reader.Choice("pipeline.dicom.tls.client-certificate", ["required", "none"]) == "required";
        string certificate = File("certificate"), key = File("key"), trusted = File("trusted");
        return enabled ? new DicomTlsListener(port, new DicomTlsFiles(certificate, key, trusted) { ClientCertificate = client }) : null;

        string File(string name)
        {
            string path = $"pipeline.dicom.tls.{name}";
            string file = reader.Text(path, "empty, or path", text => text.Length == 0 || SettingsRules.IsPath(text));
            if (enabled && file.Length == 0)
                reader.Report(path, "\"\"", "missing; TLS needs certificate, key and trusted");
            return file.Length == 0 ? "" : Path.GetFullPath(file);
        }
    }
}
