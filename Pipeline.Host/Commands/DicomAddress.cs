using System.Globalization;
using System.Net;

namespace Pipeline.Host.Commands;

/// <summary>Reads where a DICOM peer listens, as people write it: host:port, [address]:port.</summary>
internal static class DicomAddress
{
    /// <returns>Null where the text is no such address.</returns>
    public static DnsEndPoint? Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? "" : text[..colon].Trim('[', ']');
        return host.Length > 0 && Uri.CheckHostName(host) != UriHostNameType.Unknown
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535
            ? new DnsEndPoint(host, port) : null;
    }
}
