using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Actor;
using Akka.Event;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
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
    public async Task A_thousand_idle_associations_are_rejected_or_aborted_in_time_and_logged_while_another_goes_on()
    {
        const int count = 1000, places = 32;
        DicomServer server = Start(new DicomServerSettings
        {
            Address = IPAddress.Loopback,
            MaxAssociations = places,
            MaxWaitingConnections = 2 * count,
            IdleTimeout = TimeSpan.FromSeconds(5),
            Artim = TimeSpan.FromSeconds(5),
        });
        ConcurrentQueue<string> log = Logged();
        await using DicomAssociation good = (await RequestAsync(server)).Require();
        byte[] associate = PduWriter.Write(Request());
        Socket[] idle = [.. Enumerable.Range(0, count).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp))];
        byte[] answer = new byte[1];
        int accepted = 0, rejected = 0;
        for (int i = 0; i < count; i++)
        {
            await idle[i].ConnectAsync(IPAddress.Loopback, server.Port);
            await idle[i].SendAsync(associate);
            if (i % 50 == 0)
                Assert.True((await good.StoreAsync(TestImages.Gray($"1.2.{i}", 16, 16, p => p))).Require().IsSuccess);
        }
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        foreach (Socket socket in idle)
        {
            Assert.Equal(1, await socket.ReceiveAsync(answer, limit.Token));
            accepted += answer[0] == 2 ? 1 : 0;
            rejected += answer[0] == 3 ? 1 : 0;
        }
        Assert.Equal(count, accepted + rejected);
        Assert.InRange(accepted, places - 1, count / 2);
        for (int i = 0; server.Connections > 1; i++)
        {
            Assert.False(limit.IsCancellationRequested, $"{server.Connections} idle associations are left");
            Assert.True((await good.StoreAsync(TestImages.Gray($"1.3.{i}", 16, 16, p => p))).Require().IsSuccess);
        }
        Assert.Equal(rejected, log.Count(line => line.Contains("local limit exceeded", StringComparison.Ordinal)));
        Assert.Equal(accepted, log.Count(line => line.Contains("No PDU for 5 s", StringComparison.Ordinal)));
        Array.ForEach(idle, socket => socket.Dispose());
        await server.KillAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_PDU_that_drips_byte_by_byte_ends_with_the_time_out_and_is_logged_while_another_association_goes_on(bool established)
    {
        DicomServer server = Start(new DicomServerSettings
        {
            Address = IPAddress.Loopback,
            MaxAssociations = 4,
            Artim = TimeSpan.FromSeconds(2),
            IdleTimeout = TimeSpan.FromSeconds(2),
        });
        ConcurrentQueue<string> log = Logged();
        await using DicomAssociation good = (await RequestAsync(server)).Require();
        using var drip = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await drip.ConnectAsync(IPAddress.Loopback, server.Port);
        // Longer than what drips within the time-out.
        PresentationContext[] many = [.. Enumerable.Range(0, 128).Select(i =>
            new PresentationContext((byte)(2 * i + 1), SopClasses.CT, [.. Enumerable.Repeat(TransferSyntax.ExplicitLittle.Uid, 10)]))];
        byte[] pdu = PduWriter.Write(Request() with { Contexts = many });
        if (established)
        {
            await drip.SendAsync(PduWriter.Write(Request()));
            pdu = PduWriter.Write(new Pdu.DataTransfer([new PresentationDataValue(1, Command: true, Last: false, new byte[65536])]));
        }
        // Each byte comes behind an instance of the other, many within the time-out.
        for (int i = 0; server.Connections > 1; i++)
        {
            Assert.True(i < pdu.Length, "every byte was waited for");
            try
            {
                await drip.SendAsync(pdu.AsMemory(i, 1));
            }
            catch (SocketException)
            {
                // Ended by the server.
            }
            Assert.True((await good.StoreAsync(TestImages.Gray($"1.2.{i}", 16, 16, p => p))).Require().IsSuccess);
        }
        Assert.Contains(log, line => line.Contains(established ? "No PDU for 2 s" : "No A-ASSOCIATE-RQ within 2 s", StringComparison.Ordinal));
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

    private static Pdu.AssociateRequest Request() => new(
        "PIPELINE", "TEST", [new PresentationContext(1, SopClasses.Verification, ["1.2.840.10008.1.2"])], 16384);

    /// <summary>What the server logs from now on.</summary>
    private ConcurrentQueue<string> Logged()
    {
        var lines = new ConcurrentQueue<string>();
        IActorRef listener = Sys.ActorOf(Props.Create(() => new Listener(lines)));
        Sys.EventStream.Subscribe(listener, typeof(Info));
        return lines;
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

    private sealed class Listener : ReceiveActor
    {
        public Listener(ConcurrentQueue<string> lines) => Receive<Info>(line => lines.Enqueue(line.ToString()));
    }
}
