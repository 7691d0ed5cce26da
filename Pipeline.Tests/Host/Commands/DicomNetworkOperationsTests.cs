using System.Globalization;
using System.Net;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Spool;
using Pipeline.Host.Commands;
using Pipeline.Tests.Actors.Dicom;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Commands;

/// <summary><c>pipeline dicom echo</c> and <c>send</c> against our own SCP, and against DCMTK's.</summary>
public sealed class DicomNetworkOperationsTests : PatientTestKit
{
    private readonly ITestOutputHelper _output;
    private readonly TestFolder _folder = new();
    private readonly InstanceSpool _spool;
    private readonly DicomServer _server;

    public DicomNetworkOperationsTests(ITestOutputHelper output)
    {
        _output = output;
        _spool = InstanceSpool.Open(new SpoolSettings(_folder.Sub("spool"), 1 << 20, 0, 1000), new DiskFileSystem(), TimeProvider.System);
        _server = DicomServer.Start(Sys, new DicomServerSettings { Address = IPAddress.Loopback }, new SpoolSink(_spool, "PIPELINE")).Require();
    }

    private string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_server.Port}");

    [Fact]
    public async Task Echo_says_who_answered_and_a_rejection_is_exit_code_1_with_its_reason()
    {
        (int exit, string[] lines, _) = await RunAsync("dicom", "echo", Address, "--aec", "PIPELINE");
        Assert.Equal(ExitCode.Ok, exit);
        Assert.StartsWith($"PIPELINE at {Address} answers 0000", Assert.Single(lines), StringComparison.Ordinal);
        (exit, _, string[] complaints) = await RunAsync("dicom", "echo", Address, "--aec", "NOBODY");
        Assert.Equal(ExitCode.Failed, exit);
        Assert.Contains("called AE title not recognized", Assert.Single(complaints), StringComparison.Ordinal);
        (exit, _, complaints) = await RunAsync("dicom", "echo", "somewhere", "--aec", "PIPELINE");
        Assert.Equal(ExitCode.Usage, exit);
        Assert.Contains("no HOST:PORT", complaints[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_is_sent_on_several_associations_with_operations_outstanding_and_committed()
    {
        string folder = _folder.Sub("study");
        for (int i = 0; i < 20; i++)
            TestImages.Write(folder, TestImages.Gray($"1.2.{i}", 200, 200, p => p + i));
        (int exit, string[] lines, string[] complaints) = await RunAsync(
            "dicom", "send", Address, folder, "--aec", "PIPELINE", "--associations", "2", "--window", "4", "--commit");
        Assert.True(exit == ExitCode.Ok, string.Join('\n', complaints));
        Assert.Equal(20, _spool.Next);
        Assert.Equal(2, lines.Count(line => line == "storage commitment: 10 held, 0 not"));
        Assert.StartsWith("20 of 20 files were taken", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_DICOM_is_named_and_the_rest_is_sent()
    {
        string folder = _folder.Sub("mixed");
        TestImages.Write(folder, TestImages.Gray("1.2.1", 16, 16, p => p));
        string letter = Path.Combine(folder, "letter.txt");
        await File.WriteAllTextAsync(letter, "Dear colleague, thank you for referring this patient.");
        (int exit, string[] lines, string[] complaints) = await RunAsync("dicom", "send", Address, folder, "--aec", "PIPELINE");
        Assert.Equal(ExitCode.Failed, exit);
        Assert.Contains(letter, Assert.Single(complaints), StringComparison.Ordinal);
        Assert.StartsWith("1 of 2 files were taken", lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Storescp_gets_files_as_they_are_plain_and_over_TLS(bool secure)
    {
        string folder = _folder.Sub("out"), received = _folder.Sub("received");
        TestImages.Write(folder, TestImages.Gray("1.2.1", 64, 64, p => p));
        DicomTlsFiles scp = new TestCertificates(_folder.Sub("ca")).Issue("localhost");
        int port = PeerProcess.FreePort();
        string[] tls = secure ? ["+tls", scp.Key, scp.Certificate, "+cf", scp.Trusted] : [];
        await using PeerProcess? peer = PeerProcess.Start(_output, "storescp", [.. tls, "-od", received, port.ToString(CultureInfo.InvariantCulture)]);
        if (peer is null)
            return;
        string[] ours = secure ? ["--tls-trust", scp.Trusted, "--tls-cert", scp.Certificate, "--tls-key", scp.Key] : [];
        string address = string.Create(CultureInfo.InvariantCulture, $"localhost:{port}");
        (int exit, string[] complaints) = (ExitCode.Failed, []);
        for (long began = TimeProvider.System.GetTimestamp(); exit != ExitCode.Ok && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30);)
            (exit, _, complaints) = await RunAsync(["dicom", "echo", address, "--aec", "STORESCP", .. ours]);
        Assert.True(exit == ExitCode.Ok, string.Join('\n', complaints));
        (exit, _, complaints) = await RunAsync(["dicom", "send", address, folder, "--aec", "STORESCP", .. ours]);
        Assert.True(exit == ExitCode.Ok, string.Join('\n', complaints));
        Assert.Single(Directory.GetFiles(received));
    }

    private static async Task<(int ExitCode, string[] Lines, string[] Complaints)> RunAsync(params string[] arguments)
    {
        using var terminal = new TestTerminal();
        int exit = await CommandLine.InvokeAsync(
            arguments, new Operations { EchoDicom = DicomNetworkOperations.EchoAsync, SendDicom = DicomNetworkOperations.SendAsync }, terminal.Terminal);
        return (exit, terminal.Lines, terminal.Complaints);
    }

    protected override void AfterAll()
    {
        _server.KillAsync().Wait(TimeSpan.FromSeconds(10));
        _spool.Dispose();
        base.AfterAll();
        _folder.Dispose();
    }
}
