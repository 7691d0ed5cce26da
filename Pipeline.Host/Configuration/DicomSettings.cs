using System.Net;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Host.Configuration;

/// <summary>The storage SCP.</summary>
/// <param name="AeTitle">The site's own AE title, and that of every chain that names no other.</param>
/// <param name="Server">Address, port, limits and time-outs.</param>
public sealed record DicomSettings(string AeTitle, DicomServerSettings Server)
{
    internal static DicomSettings Create(SettingsReader reader)
    {
        string host = reader.Text("pipeline.dicom.host", "IP address", text => IPAddress.TryParse(text, out _));
        return new DicomSettings(
            reader.Text("pipeline.dicom.ae-title", SettingsRules.AeTitleLegend, SettingsRules.IsAeTitle).Trim(),
            new DicomServerSettings
            {
                Address = IPAddress.TryParse(host, out var address) ? address : IPAddress.None,
                Port = reader.Int("pipeline.dicom.port", 0, 65535),
                MaxAssociations = reader.Int("pipeline.dicom.max-associations", 1, 1024),
                MaxPduLength = (int)reader.Size("pipeline.dicom.max-pdu", "4KiB", "16MiB"),
                MaxInstanceBytes = reader.Size("pipeline.dicom.max-instance", "1MiB", "2GiB"),
                Artim = reader.Duration("pipeline.dicom.artim-timeout", "1s", "10m"),
                IdleTimeout = reader.Duration("pipeline.dicom.idle-timeout", "1s", "1d"),
            });
    }
}
