using System.Net;
using System.Net.Sockets;
using System.Text;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Spool;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>The SCP against DCMTK's senders, and against peers that are none.</summary>
public sealed class DcmtkPeerTests : PatientTestKit
{
    private readonly ITestOutputHelper _output;
    private readonly TestFolder _folder = new();
    private readonly InstanceSpool _spool;
    private readonly DicomServer _server;

    public DcmtkPeerTests(ITestOutputHelper output)
    {
        _output = output;
        _spool = InstanceSpool.Open(
            new SpoolSettings(_folder.Sub("spool"), 1 << 20, 0, 1000), new DiskFileSystem(), TimeProvider.System);
        _server = DicomServer.Start(
            Sys, new DicomServerSettings { Address = IPAddress.Loopback, MaxAssociations = 2 }, new SpoolSink(_spool, "PIPELINE")).Require();
    }

    private string Port => _server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task Echoscu_is_answered()
    {
        if (!Dcmtk.Present(_output))
            return;
        (int exit, string text) = await Dcmtk.RunAsync("echoscu", "-v", "-aec", "PIPELINE", "127.0.0.1", Port);
        Assert.True(exit == 0, text);
    }

    [Fact]
    public async Task Storescu_is_answered_once_the_instance_is_durable_and_repeats_are_not_stored_twice()
    {
        if (!Dcmtk.Present(_output))
            return;
        string file = TestImages.Write(_folder.Path, TestImages.Gray("1.2.3.4", 64, 48, i => i % 4096));
        for (int i = 0; i < 2; i++)
        {
            (int exit, string text) = await Dcmtk.RunAsync("storescu", "-v", "-aec", "PIPELINE", "127.0.0.1", Port, file);
            Assert.True(exit == 0, text);
            Assert.Contains("Success", text, StringComparison.Ordinal);
        }
        Assert.Equal(1, _spool.Next);
        SpoolRecord record = _spool.ReadFrom(0).TryRead()!;
        Assert.Equal("1.2.3.4", record.SopInstanceUid);
        Assert.Equal("PIPELINE", record.CalledAe);
        DicomDataSet held = DicomReader.ReadDataSet(record.DataSet, TransferSyntax.Of(record.TransferSyntaxUid)).Require();
        Assert.Equal(TestImages.Gray("1.2.3.4", 64, 48, i => i % 4096).Find(DicomTags.PixelData)!.Value.ToArray(),
            held.Find(DicomTags.PixelData)!.Value.ToArray());
    }

    [Fact]
    public async Task An_unknown_called_AE_title_is_rejected_by_that_name()
    {
        if (!Dcmtk.Present(_output))
            return;
        (int exit, string text) = await Dcmtk.RunAsync("echoscu", "-v", "-aec", "NOBODY", "127.0.0.1", Port);
        Assert.NotEqual(0, exit);
        Assert.Contains("Called AE Title Not Recognized", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_compressed_transfer_syntax_is_refused_in_negotiation_and_nothing_is_kept()
    {
        if (!Dcmtk.Present(_output))
            return;
        (_, string text) = await Dcmtk.RunAsync("storescu", "-d", "-xs", "-aec", "PIPELINE", "127.0.0.1", Port,
            TestImages.Write(_folder.Path, TestImages.Gray("1.2.3.5", 16, 16, i => i)));
        // storescu -xs offers JPEG lossless in a context of its own beside the uncompressed ones.
        Assert.Contains("Transfer Syntaxes Not Supported", text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000")]
    [InlineData("\u0001\u0000\u00ff\u00ff\u00ff\u00ff")]
    public async Task What_is_no_upper_layer_gets_an_abort_and_the_connection_is_closed_at_once(string bytes)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _server.Port);
        await socket.SendAsync(Encoding.Latin1.GetBytes(bytes));
        byte[] answer = new byte[64];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        int total = 0;
        try
        {
            while (await socket.ReceiveAsync(answer.AsMemory(total), limit.Token) is > 0 and int count)
                total += count;
        }
        catch (SocketException)
        {
            // A reset behind unread bytes is a close too.
        }
        Assert.True(total is 0 or 10, $"{total} bytes");
        if (total > 0)
            Assert.Equal(7, answer[0]);
        await AwaitConditionAsync(() => Task.FromResult(_server.Connections == 0), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_connection_lost_inside_an_instance_keeps_what_was_acknowledged_and_nothing_else()
    {
        DicomAssociation whole = (await RequestAsync()).Require();
        Assert.True((await whole.StoreAsync(TestImages.Gray("1.2.6", 16, 16, i => i))).Require().IsSuccess);
        await whole.AbortAsync();

        byte[] command = DimseCommand.Store(1, SopClasses.ComputedRadiography, "1.2.7");
        byte[] dataSet = DicomWriter.WriteDataSet(TestImages.Gray("1.2.7", 16, 16, i => i), TransferSyntax.ExplicitLittle);
        using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync(IPAddress.Loopback, _server.Port);
            foreach (Pdu pdu in new Pdu[]
            {
                new Pdu.AssociateRequest("PIPELINE", "TEST",
                    [new PresentationContext(1, SopClasses.ComputedRadiography, [TransferSyntax.ExplicitLittle.Uid])], 16384),
                new Pdu.DataTransfer([new PresentationDataValue(1, Command: true, Last: true, command)]),
                new Pdu.DataTransfer([new PresentationDataValue(1, Command: false, Last: false, dataSet.AsMemory(0, dataSet.Length / 2))]),
            })
                await socket.SendAsync(PduWriter.Write(pdu));
            byte[] accepted = new byte[1];
            Assert.Equal(1, await socket.ReceiveAsync(accepted));
            Assert.Equal(2, accepted[0]);
            socket.LingerState = new LingerOption(true, 0);
        }
        await AwaitConditionAsync(() => Task.FromResult(_server.Connections == 0), TimeSpan.FromSeconds(10));
        Assert.Equal(1, _spool.Next);
        Assert.Equal("1.2.6", _spool.ReadFrom(0).TryRead()!.SopInstanceUid);
    }

    [Fact]
    public async Task The_association_beyond_the_limit_is_told_to_come_back_later_and_may_once_one_has_ended()
    {
        DicomAssociation first = (await RequestAsync()).Require();
        await using DicomAssociation second = (await RequestAsync()).Require();
        string message = (await RequestAsync()).Fault!.Message;
        Assert.Contains("try again later", message, StringComparison.Ordinal);
        Assert.Contains("local limit exceeded", message, StringComparison.Ordinal);
        await first.ReleaseAsync();
        await AwaitConditionAsync(() => Task.FromResult(_server.Connections == 1), TimeSpan.FromSeconds(10));
        await using DicomAssociation third = (await RequestAsync()).Require();
        Assert.True((await third.EchoAsync()).Require().IsSuccess);
    }

    [Fact]
    public void A_busy_port_is_a_fault_that_names_port_and_mend()
    {
        Outcome<DicomServer> second = DicomServer.Start(
            Sys, new DicomServerSettings { Address = IPAddress.Loopback, Port = _server.Port }, new SpoolSink(_spool, "PIPELINE"));
        Assert.False(second.Ok);
        Assert.Contains(Port, second.Fault.Message, StringComparison.Ordinal);
        Assert.Contains("pipeline.dicom.port", second.Fault.Message, StringComparison.Ordinal);
    }

    private Task<Outcome<DicomAssociation>> RequestAsync() => DicomAssociation.RequestAsync(new AssociationSettings(
        "127.0.0.1", _server.Port, "PIPELINE", "TEST", [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(20)));

    protected override void AfterAll()
    {
        _server.KillAsync().Wait(TimeSpan.FromSeconds(10));
        _spool.Dispose();
        base.AfterAll();
        _folder.Dispose();
    }
}
