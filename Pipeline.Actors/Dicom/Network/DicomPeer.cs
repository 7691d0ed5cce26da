using System.Net;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>What one calling AE may do here, and where it is found.</summary>
/// <param name="AeTitle">As it calls.</param>
public sealed record DicomPeer(string AeTitle)
{
    /// <summary>Networks it calls from; empty for any.</summary>
    public IReadOnlyList<IPNetwork> Hosts { get; init; } = [];

    /// <summary>AE titles here that it may call; empty for all.</summary>
    public IReadOnlyList<string> CalledTitles { get; init; } = [];

    /// <summary>Associations at the same time; 0 for no limit but the server's.</summary>
    public int MaxAssociations { get; init; }

    /// <summary>Whether it must come over TLS.</summary>
    public bool RequireTls { get; init; }

    /// <summary>Where storage commitment is reported to, on an association of its own; null reports on the association that asked.</summary>
    public DnsEndPoint? ReportTo { get; init; }

    public bool ComesFrom(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Hosts.Count == 0 || Hosts.Any(network => network.Contains(plain));
    }
}
