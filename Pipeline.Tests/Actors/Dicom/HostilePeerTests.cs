using System.Net;
using System.Net.Sockets;
using System.Text;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Spool;
using Xunit;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>Peers that are none, or mean ill, beside one that sends images all the while.</summary>
public sealed class HostilePeerTests : PatientTestKit
{
    private readonly TestFolder _folder = new();
    private readonly InstanceSpool _spool;

    public HostilePeerTests() => _spool = InstanceSpool.Open(
        new SpoolSettings(_folder.Sub("spool"), 1 << 20, 0, 10_000), new DiskFileSystem(), TimeProvider.System);

    [Fact]
    public async Task Silent_connections_keep_nobody_out_and_a_full_node_says_so()
    {
        DicomServer server = Start(new DicomServerSettings { Address = IPAddress.Loopback, MaxAssociations = 2, MaxWaitingConnections = 16 });
        Socket[] silent = [.. Enumerable.Range(0, 200).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp))];
        foreach (Socket socket in silent)
            await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        await using DicomAssociation first = (await RequestAsync(server)).Require(), second = (await RequestAsync(server)).Require();
        Assert.True((await first.EchoAsync()).Require().IsSuccess);
        Assert.Contains("local limit exceeded", (await RequestAsync(server)).Fault!.Message, StringComparison.Ordinal);
        // Those that have waited longest were closed.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        Assert.Equal(0, await EndOf(silent[0], limit.Token));
        await AwaitConditionAsync(() => Task.FromResult(server.Connections <= 16 + 2), TimeSpan.FromSeconds(20));
        Array.ForEach(silent, socket => socket.Dispose());
        await server.KillAsync();
    }

    [Fact]
    public async Task Whatever_comes_in_is_ended_and_logged_while_another_association_goes_on()
    {
        DicomServer server = Start(new DicomServerSettings { Address = IPAddress.Loopback, MaxAssociations = 4, Artim = TimeSpan.FromSeconds(2) });
        await using DicomAssociation good = (await RequestAsync(server)).Require();
        byte[] associate = PduWriter.Write(new Pdu.AssociateRequest(
            "PIPELINE", "TEST", [new PresentationContext(1, SopClasses.Verification, ["1.2.840.10008.1.2"])], 16384));
        (string What, byte[] Bytes)[] attacks =
        [
            ("HTTP", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")),
            ("a TLS hello", [0x16, 3, 1, 2, 0, 1, 0]),
            ("4 GiB", [1, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
            ("an empty P-DATA", [.. associate, 4, 0, 0, 0, 0, 0]),
            ("an empty A-ASSOCIATE", [1, 0, 0, 0, 0, 0]),
            ("nothing", []),
            ("half a request, then silence", associate[..40]),
        ];
        for (int i = 0; i < attacks.Length; i++)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, server.Port);
            await socket.SendAsync(attacks[i].Bytes);
            Assert.True((await good.StoreAsync(TestImages.Gray($"1.2.{i}", 16, 16, p => p))).Require().IsSuccess);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            try
            {
                byte[] answer = new byte[4096];
                while (await socket.ReceiveAsync(answer, limit.Token) > 0)
                {
                    // Until the server ends it, at the latest by ARTIM.
                }
            }
            catch (SocketException)
            {
                // A reset is an end too.
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{attacks[i].What} keeps its connection");
            }
        }
        Assert.Equal(attacks.Length, _spool.Next);
        await server.KillAsync();
    }

    [Fact]
    public async Task TCP_QUICKACK_is_armed_again_behind_each_receive()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var sender = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await sender.ConnectAsync(listener.LocalEndPoint!);
        await using var stream = new SocketStream(await listener.AcceptAsync());
        Assert.Equal(1, stream.Armed);
        for (int i = 0; i < 5; i++)
        {
            await sender.SendAsync(new byte[100]);
            await stream.ReadExactlyAsync(new byte[100]);
            byte[] option = new byte[4];
            Assert.Equal(4, stream.Socket.GetRawSocketOption(6, 12, option));
            Assert.Equal(1, option[0]);
        }
        Assert.True(stream.Armed >= 6, $"{stream.Armed}");
        Assert.True(stream.Socket.NoDelay);
    }

    /// <summary>What a connection still brings; a reset is an end too.</summary>
    private static async Task<int> EndOf(Socket socket, CancellationToken limit)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1], limit);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private DicomServer Start(DicomServerSettings settings) => DicomServer.Start(Sys, settings, new SpoolSink(_spool, "PIPELINE")).Require();

    private static Task<Outcome<DicomAssociation>> RequestAsync(DicomServer server) => DicomAssociation.RequestAsync(new AssociationSettings(
        "127.0.0.1", server.Port, "PIPELINE", "TEST", [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(30)));

    protected override void AfterAll()
    {
        base.AfterAll();
        _spool.Dispose();
        _folder.Dispose();
    }
}
