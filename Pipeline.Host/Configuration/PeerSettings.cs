using System.Net;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Host.Configuration;

/// <summary>Reads what is known of calling AEs.</summary>
internal static class PeerSettings
{
    private const string Defaults = "pipeline.dicom.peer-defaults";

    public static IReadOnlyList<DicomPeer> CreateAll(SettingsReader reader)
    {
        // The defaults are checked even where no peer uses them.
        _ = Create(reader, "", Defaults);
        DicomPeer[] peers = [.. reader.Keys("pipeline.dicom.peers").Select(name => Create(reader, name, $"pipeline.dicom.peers.{name}"))];
        foreach (string twice in peers.GroupBy(peer => peer.AeTitle).Where(group => group.Count() > 1).Select(group => group.Key))
            reader.Report("pipeline.dicom.peers", $"\"{twice}\"", "two peers have this AE title; give one peer all of its hosts");
        return peers;
    }

    private static DicomPeer Create(SettingsReader reader, string name, string path)
    {
        string title = reader.Text($"{path}.ae-title", "empty, or " + SettingsRules.AeTitleLegend,
            text => text.Length == 0 || SettingsRules.IsAeTitle(text), $"{Defaults}.ae-title");
        if (title.Length == 0 && path != Defaults && !SettingsRules.IsAeTitle(name))
            reader.Report($"{path}.ae-title", null, "missing, and the peer's name is no AE title");
        string hosts = reader.Text($"{path}.hosts", "empty, or addresses and networks separated by commas",
            text => Names(text).All(host => Network(host) is not null), $"{Defaults}.hosts");
        string called = reader.Text($"{path}.called", "empty, or AE titles separated by commas",
            text => Names(text).All(SettingsRules.IsAeTitle), $"{Defaults}.called");
        string reportTo = reader.Text($"{path}.report-to", "empty, or host:port",
            text => text.Length == 0 || Commands.DicomAddress.Parse(text) is not null, $"{Defaults}.report-to");
        return new DicomPeer(title.Length == 0 ? name : title.Trim())
        {
            Hosts = [.. Names(hosts).Select(Network).OfType<IPNetwork>()],
            CalledTitles = Names(called),
            MaxAssociations = reader.Int($"{path}.max-associations", 0, 1024, $"{Defaults}.max-associations"),
            RequireTls = reader.Choice($"{path}.tls", ["optional", "required"], $"{Defaults}.tls") == "required",
            ReportTo = Commands.DicomAddress.Parse(reportTo),
        };
    }

    private static string[] Names(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static IPNetwork? Network(string text)
    {
        if (IPAddress.TryParse(text, out var address))
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return IPNetwork.TryParse(text, out var network) ? network : null;
    }
}
