using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Host.Configuration;
using Pipeline.Host.Gateway;
using Pipeline.Host.Monitoring;

namespace Pipeline.Host.Doctor;

/// <summary>Whether others can be reached: gateways of members by TLS, PACS systems by C-ECHO, an identity provider by discovery.</summary>
internal static class PeerChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task GatewaysAsync(Examination examination, CancellationToken stop)
    {
        var gateway = examination.Site.Gateway;
        if (!gateway.Enabled)
            return;
        if (gateway.Proxy is { } proxy)
        {
            examination.Ok("peers", $"peers are dialled through the proxy at {proxy.Host}:{proxy.Port} and not tried here");
            return;
        }

        GatewayCertificate own;
        try
        {
            own = GatewayCertificate.Load(gateway.CertificateFile, gateway.KeyFile, examination.Passphrase);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // Told of among the certificates.
            return;
        }

        using (own)
            await Task.WhenAll(gateway.Peers.Where(peer => peer.Address is not null).Select(peer => DialAsync(examination, peer, own, stop))).ConfigureAwait(false);
    }

    private static async Task DialAsync(Examination examination, GatewayPeer peer, GatewayCertificate own, CancellationToken stop)
    {
        string key = $"pipeline.gateway.peers.{peer.Member}.address";
        var address = new Uri("tcp://" + peer.Address);
        string? refusal = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.IdnHost, address.Port, limit.Token).ConfigureAwait(false);
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = address.IdnHost,
                ClientCertificates = [own.Certificate],
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ApplicationProtocols = [SslApplicationProtocol.Http2],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => (refusal = Judge(examination, peer, certificate)) is null,
            }, limit.Token).ConfigureAwait(false);
            lock (examination)
                examination.Ok("peers", $"{peer.Member} answers at {peer.Address} by {tls.SslProtocol}");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            Fail("it does not answer", "ask whether it runs, and whether firewalls on both sides let this port through");
        }
        catch (SocketException e)
        {
            Fail($"it cannot be reached: {e.SocketErrorCode}", "check name and port, ask whether it runs, and look at the firewalls between");
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            Fail(refusal ?? $"TLS fails: {e.Message.TrimEnd('.')}", "compare certificate and trusted-ca with that member over another way; no proxy may look into TLS");
        }

        void Fail(string what, string mend)
        {
            lock (examination)
                examination.Fail("peers", key, $"{peer.Member} at {peer.Address}: {what}", mend);
        }
    }

    private static string? Judge(Examination examination, GatewayPeer peer, X509Certificate? certificate)
    {
        if (certificate is null)
            return "it shows no certificate";
        using var shown = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return peer.Certificate is { } pinned && pinned != GatewayCertificate.FingerprintOf(shown)
            ? $"it shows the certificate {GatewayCertificate.FingerprintOf(shown)}, and pipeline.gateway.peers.{peer.Member}.certificate is another"
            : CertificateRules.Judge(shown, examination.Site.Gateway, examination.Now);
    }

    /// <summary>The provider of the status port's tokens, by discovery.</summary>
    public static async Task IdentityProviderAsync(Examination examination, CancellationToken stop)
    {
        if (examination.Site.Status is not { Enabled: true, Oidc: { } settings })
            return;
        using var gate = new OidcGate(settings);
        if (await gate.FindFaultAsync(stop).ConfigureAwait(false) is not { } fault)
            examination.Ok("identity provider", $"{settings.Authority} publishes its keys");
        else
        {
            examination.Fail(
                "identity provider", "pipeline.status.oidc.authority", $"no token of {settings.Authority} can be judged: {fault.TrimEnd('.')}",
                "name the issuer as its discovery document does, and let this machine reach it and trust its certificate");
        }
    }

    /// <summary>C-ECHO to each peer of which it is known where it listens (PS3.4 annex A).</summary>
    /// <param name="names">Of the peers, in the order of the settings.</param>
    public static async Task PacsAsync(Examination examination, IReadOnlyList<string> names)
    {
        foreach (var (name, peer) in names.Zip(examination.Site.Dicom.Server.Peers))
        {
            if (peer.ReportTo is not { } at)
                continue;
            string? fault = await EchoAsync(examination.Site.Dicom.AeTitle, peer, at.Host, at.Port).ConfigureAwait(false);
            if (fault is null)
                examination.Ok("PACS", $"{peer.AeTitle} at {at.Host}:{at.Port} answers C-ECHO");
            else
            {
                examination.Fail(
                    "PACS", $"pipeline.dicom.peers.{name}.report-to", $"{peer.AeTitle} at {at.Host}:{at.Port} does not answer C-ECHO: {fault.TrimEnd('.')}",
                    $"check address and AE title, and have the PACS know {examination.Site.Dicom.AeTitle} at this machine");
            }
        }
    }

    private static async Task<string?> EchoAsync(string own, DicomPeer peer, string host, int port)
    {
        var requested = await DicomAssociation.RequestAsync(new AssociationSettings(host, port, peer.AeTitle, own, [], Patience)).ConfigureAwait(false);
        if (!requested.Ok)
            return requested.Fault.Message;
        await using var association = requested.Value;
        Outcome<DimseStatus> answer = await association.EchoAsync().ConfigureAwait(false);
        await association.ReleaseAsync().ConfigureAwait(false);
        return !answer.Ok ? answer.Fault.Message : answer.Value.IsSuccess ? null : answer.Value.ToString();
    }
}
