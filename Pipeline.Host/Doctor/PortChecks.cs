using System.Net;
using System.Net.Sockets;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Doctor;

/// <summary>The ports that the site listens on: free, allowed, and not open without TLS by mistake.</summary>
internal static class PortChecks
{
    private const string Area = "ports";

    public static void Run(Examination examination)
    {
        foreach (var port in Listeners(examination.Site))
            Bind(examination, port);
        if (examination.Site.Cluster is { } node)
            Node(examination, node);
        var dicom = examination.Site.Dicom.Server;
        if (dicom.Port is not null && !IPAddress.IsLoopback(dicom.Address))
        {
            examination.Warn(
                Area, "pipeline.dicom.plain", $"DICOM without TLS is open on {dicom.Address}: images cross the network in clear",
                "fine inside a closed imaging network; else set pipeline.dicom.tls.enabled = on and pipeline.dicom.plain = off");
        }
    }

    private static IEnumerable<(string Key, IPEndPoint At)> Listeners(SiteSettings site)
    {
        if (site.Dicom.Server.Port is { } plain)
            yield return ("pipeline.dicom.port", new IPEndPoint(site.Dicom.Server.Address, plain));
        if (site.Dicom.Server.Tls is { } tls)
            yield return ("pipeline.dicom.tls.port", new IPEndPoint(site.Dicom.Server.Address, tls.Port));
        if (site.Gateway is { Enabled: true, Listen: { } gateway })
            yield return ("pipeline.gateway.listen", gateway);
        if (site.Status.Enabled)
            yield return ("pipeline.status.listen", site.Status.Listen);
    }

    /// <summary>Other nodes dial the host as it is written: it must be a name or an address of this machine.</summary>
    private static void Node(Examination examination, ClusterSettings node)
    {
        const string Key = "pipeline.cluster.host";
        try
        {
            Bind(examination, ("pipeline.cluster.port", new IPEndPoint(IPAddress.TryParse(node.Host, out var own) ? own : Dns.GetHostAddresses(node.Host)[0], node.Port)));
        }
        catch (SocketException e)
        {
            examination.Fail(Area, Key, $"'{node.Host}' has no address: {e.SocketErrorCode}", "name this node as the others can look it up, or give its IP address");
        }
    }

    private static void Bind(Examination examination, (string Key, IPEndPoint At) listener)
    {
        var (key, at) = listener;
        if (examination.Running || at.Port == 0)
        {
            examination.Ok(Area, at.Port == 0 ? $"{key}: any free port" : $"{at}: the site that runs has it, or would say so");
            return;
        }

        using var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(at);
            examination.Ok(Area, $"{at} is free");
        }
        catch (SocketException e)
        {
            examination.Fail(Area, key, $"{at} cannot be listened on: {e.SocketErrorCode}", e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"stop the process that has the port (ss -ltnp 'sport = {at.Port}'), or set another",
                SocketError.AccessDenied => "ports below 1024 need a privilege: set one above 1023, or give CAP_NET_BIND_SERVICE",
                SocketError.AddressNotAvailable => "this machine does not have that address: name one that it has (ip address)",
                _ => "check address and port",
            });
        }
    }
}
