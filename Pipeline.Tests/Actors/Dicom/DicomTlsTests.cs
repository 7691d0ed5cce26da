using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Spool;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>The port with TLS beside the plain one (PS3.15 B.12), against our SCU and DCMTK's.</summary>
public sealed class DicomTlsTests : PatientTestKit
{
    private readonly ITestOutputHelper _output;
    private readonly TestFolder _folder = new();
    private readonly TestCertificates _hospital, _stranger;
    private readonly InstanceSpool _spool;
    private readonly DicomServer _server;

    public DicomTlsTests(ITestOutputHelper output)
    {
        _output = output;
        _hospital = new TestCertificates(_folder.Sub("hospital"));
        _stranger = new TestCertificates(_folder.Sub("stranger"));
        _spool = InstanceSpool.Open(new SpoolSettings(_folder.Sub("spool"), 1 << 20, 0, 1000), new DiskFileSystem(), TimeProvider.System);
        _server = DicomServer.Start(
            Sys, new DicomServerSettings { Address = IPAddress.Loopback, Tls = new DicomTlsListener(0, _hospital.Issue("node")) },
            new SpoolSink(_spool, "PIPELINE")).Require();
    }

    [Fact]
    public async Task Instances_come_over_TLS_and_over_the_plain_port_beside_it()
    {
        foreach (var settings in new[] { Plain(), Secure(_hospital.Issue("scu")) })
        {
            await using DicomAssociation association = (await DicomAssociation.RequestAsync(settings)).Require();
            Assert.True((await association.StoreAsync(TestImages.Gray($"1.2.{settings.Port}", 200, 200, i => i))).Require().IsSuccess);
            await association.ReleaseAsync();
        }
        Assert.Equal(2, _spool.Next);
    }

    [Fact]
    public async Task A_peer_without_a_certificate_or_with_a_strangers_is_refused_and_so_is_a_strange_server()
    {
        DicomTlsFiles own = _hospital.Issue("scu"), strange = _stranger.Issue("stranger");
        foreach (DicomTlsFiles refused in new[] { own with { Certificate = "", Key = "" }, strange with { Trusted = own.Trusted }, own with { Trusted = strange.Trusted } })
        {
            // TLS 1.3 tells a client of its refused certificate only with the first answer.
            Outcome<DicomAssociation> requested = await DicomAssociation.RequestAsync(Secure(refused));
            Assert.False(requested.Ok);
            _output.WriteLine(requested.Fault.Message);
        }
        await using DicomAssociation good = (await DicomAssociation.RequestAsync(Secure(own))).Require();
        Assert.True((await good.EchoAsync()).Require().IsSuccess);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task TLS_1_2_and_1_3_are_spoken(SslProtocols protocol)
    {
        DicomTlsFiles files = _hospital.Issue("scu");
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _server.TlsPort);
        await using var stream = new SslStream(socket.GetStream(), false, (_, certificate, _, _) => certificate is not null);
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocol,
            ClientCertificates = [certificate],
        });
        Assert.Equal(protocol, stream.SslProtocol);
    }

    [Fact]
    public async Task Older_TLS_and_a_plain_request_on_the_port_end_the_connection_and_nothing_else()
    {
        using (var plain = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            await plain.ConnectAsync(IPAddress.Loopback, _server.TlsPort);
            await plain.SendAsync(PduWriter.Write(new Pdu.AssociateRequest("PIPELINE", "TEST", [], 16384)));
            byte[] answer = new byte[64];
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                while (await plain.ReceiveAsync(answer, limit.Token) > 0)
                {
                    Assert.NotEqual(2, answer[0]);
                }
            }
            catch (SocketException)
            {
                // A reset is an end too.
            }
        }
        await using DicomAssociation good = (await DicomAssociation.RequestAsync(Secure(_hospital.Issue("scu")))).Require();
        Assert.True((await good.EchoAsync()).Require().IsSuccess);
    }

    [Fact]
    public async Task Echoscu_and_storescu_speak_TLS_with_it()
    {
        if (!Dcmtk.Present(_output))
            return;
        DicomTlsFiles scu = _hospital.Issue("dcmtk");
        string[] tls = ["+tls", scu.Key, scu.Certificate, "+cf", scu.Trusted, "-aec", "PIPELINE", "127.0.0.1", _server.TlsPort.ToString(CultureInfo.InvariantCulture)];
        (int exit, string text) = await Dcmtk.RunAsync("echoscu", ["-v", .. tls]);
        Assert.True(exit == 0, text);
        string file = TestImages.Write(_folder.Path, TestImages.Gray("1.2.3.4", 64, 48, i => i % 4096));
        (exit, text) = await Dcmtk.RunAsync("storescu", ["-v", .. tls, file]);
        Assert.True(exit == 0, text);
        Assert.True(_spool.Holds("1.2.3.4"));
    }

    [Fact]
    public void A_certificate_that_cannot_be_used_is_a_fault_that_names_the_file()
    {
        string broken = Path.Combine(_folder.Path, "broken.pem");
        File.WriteAllText(broken, "no certificate");
        Outcome<DicomTls> loaded = DicomTls.Load(_hospital.Issue("scu") with { Certificate = broken });
        Assert.Contains(broken, loaded.Fault!.Message, StringComparison.Ordinal);
    }

    private AssociationSettings Plain() => new(
        "127.0.0.1", _server.Port, "PIPELINE", "TEST", [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(30));

    private AssociationSettings Secure(DicomTlsFiles files) =>
        Plain() with { Host = "localhost", Port = _server.TlsPort, Tls = DicomTls.Load(files).Require() };

    protected override void AfterAll()
    {
        _server.KillAsync().Wait(TimeSpan.FromSeconds(10));
        _spool.Dispose();
        base.AfterAll();
        _folder.Dispose();
    }
}
