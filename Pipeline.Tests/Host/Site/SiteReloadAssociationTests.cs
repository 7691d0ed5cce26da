using System.Net;
using System.Net.Sockets;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Host.Control;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Host.Site;

/// <summary>Rules, limits and time-outs of associations that a running site takes on.</summary>
public sealed class SiteReloadAssociationTests : IDisposable
{
    private const string Chain = "pipeline.chains.chest { ae-title = CHEST, height = 32, width = 32 }\n";

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [ProvesLive("pipeline.dicom.max-associations")]
    public async Task One_association_more_than_the_new_limit_is_rejected_and_those_that_stand_go_on()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        await using DicomAssociation standing = (await site.CallAsync("CHEST")).Require(), other = (await site.CallAsync("CHEST")).Require();
        await Takes(site, "pipeline.dicom.max-associations = 1");
        Assert.Contains("local limit exceeded", (await site.CallAsync("CHEST")).Fault!.Message, StringComparison.OrdinalIgnoreCase);
        Assert.True((await standing.StoreAsync(TestImages.Gray("1.2.3", 32, 32, i => i))).Require().IsSuccess);
        await Takes(site, "pipeline.dicom.max-associations = 3");
        Assert.Null(await FaultOf(site));
    }

    [Fact]
    [ProvesLive(
        "pipeline.dicom.unknown-peers", "pipeline.dicom.peer-defaults.ae-title", "pipeline.dicom.peer-defaults.hosts", "pipeline.dicom.peer-defaults.called",
        "pipeline.dicom.peer-defaults.tls", "pipeline.dicom.peer-defaults.max-associations")]
    public async Task Who_may_call_from_where_and_how_often_is_asked_of_the_new_peers()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        Assert.Null(await FaultOf(site));
        foreach (var (text, fault) in new (string, string?)[]
        {
            ("pipeline.dicom.unknown-peers = reject", "calling AE title not recognized"),
            ("pipeline.dicom { unknown-peers = reject, peers.pacs.ae-title = TEST-SCU }", null),
            ("pipeline.dicom.peers.pacs { ae-title = TEST-SCU, hosts = \"10.9.9.9\" }", "calling AE title not recognized"),
            ("pipeline.dicom.peers.pacs { ae-title = TEST-SCU, hosts = \"127.0.0.0/8\" }", null),
            ("pipeline.dicom.peers.pacs { ae-title = TEST-SCU, called = OTHER }", "called AE title not recognized"),
            ("pipeline.dicom.peers.pacs { ae-title = TEST-SCU, tls = required }", "calling AE title not recognized"),
            ("pipeline.dicom { peer-defaults.tls = required, peers.pacs.ae-title = TEST-SCU }", "calling AE title not recognized"),
            ("pipeline.dicom.peers.pacs { ae-title = TEST-SCU, max-associations = 1 }", null),
        })
        {
            await Takes(site, text);
            string? found = await FaultOf(site);
            Assert.True(fault is null ? found is null : found?.Contains(fault, StringComparison.OrdinalIgnoreCase) == true, $"{text}: {found}");
        }

        // The one place is given back a moment after the release.
        DicomAssociation? standing = null;
        await RunningSite.Until(
            async () => await site.CallAsync("CHEST") is { Ok: true } taken && (standing = taken.Value) is not null, () => "the place is never given back");
        await using DicomAssociation kept = standing!;
        Assert.Contains("local limit exceeded", await FaultOf(site), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    [ProvesLive("pipeline.dicom.max-operations", "pipeline.dicom.max-pdu", "pipeline.dicom.max-instance")]
    public async Task What_an_association_may_carry_is_negotiated_by_the_new_limits()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        Assert.Equal((8, 131072u, true), await LimitsOf(site));
        await Takes(site, "pipeline.dicom { max-operations = 2, max-pdu = 32KiB, max-instance = 1MiB }");
        Assert.Equal((2, 32768u, false), await LimitsOf(site));
    }

    [Fact]
    [ProvesLive("pipeline.dicom.max-waiting-connections")]
    public async Task Connections_beyond_the_new_limit_that_ask_for_nothing_are_closed()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        using Socket first = await ConnectAsync(site), second = await ConnectAsync(site);
        await RunningSite.Until(async () => (await site.StatusAsync()).Dicom.Connections == 2, () => "the site does not see two connections");
        await Takes(site, "pipeline.dicom.max-waiting-connections = 1\npipeline.status.refresh-interval = 2s");
        Assert.Equal(0, await ReceivedAsync(first));
    }

    [Fact]
    [ProvesLive("pipeline.dicom.artim-timeout", "pipeline.dicom.idle-timeout")]
    public async Task Silence_is_ended_by_the_new_time_outs()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain + "pipeline.dicom { artim-timeout = 10m, idle-timeout = 1d }");
        await Takes(site, "pipeline.dicom { artim-timeout = 1s, idle-timeout = 1s }");
        using Socket silent = await ConnectAsync(site);
        var (idle, _) = await RawPeer.AssociateAsync(site.Port, "CHEST", SopClasses.ComputedRadiography, "1.2.840.10008.1.2");
        using (idle)
            Assert.IsType<Pdu.Abort>(await idle.ReceiveAsync());
        Assert.Equal(0, await ReceivedAsync(silent));
    }

    [Fact]
    [ProvesLive(
        "pipeline.dicom.peer-defaults.report-to", "pipeline.dicom.commitment.attempts", "pipeline.dicom.commitment.retry-interval",
        "pipeline.dicom.commitment.timeout")]
    public async Task Storage_commitment_is_reported_where_and_as_patiently_as_the_new_settings_say()
    {
        using var pacs = new TcpListener(IPAddress.Loopback, 0);
        pacs.Start();
        await using var site = await RunningSite.StartAsync(
            _folder.Path, Chain + "pipeline.dicom.commitment { attempts = 1, retry-interval = 1h, timeout = 10m }");
        string peer = $"pipeline.dicom.peers.pacs {{ ae-title = TEST-SCU, report-to = \"127.0.0.1:{((IPEndPoint)pacs.LocalEndpoint).Port}\" }}\n";
        await Takes(site, peer + "pipeline.dicom.commitment { attempts = 1, retry-interval = 1h, timeout = 10m }");
        await AskAsync(site);
        (await CalledAsync(pacs)).Dispose();

        await Takes(site, peer + "pipeline.dicom.commitment { attempts = 3, retry-interval = 10ms, timeout = 10m }");
        await AskAsync(site);
        for (int i = 0; i < 3; i++)
            (await CalledAsync(pacs)).Dispose();

        // A peer that takes the call and says nothing is given up in time for the second try.
        await Takes(site, peer + "pipeline.dicom.commitment { attempts = 2, retry-interval = 10ms, timeout = 1s }");
        await AskAsync(site);
        using Socket first = await CalledAsync(pacs), second = await CalledAsync(pacs);
    }

    private static async Task Takes(RunningSite site, string text)
    {
        ControlResponse response = await site.ReloadAsync(Chain + text);
        Assert.True(response.Done && !response.Lines.Any(line => line.EndsWith("needs a restart", StringComparison.Ordinal)), string.Join('\n', response.Lines));
    }

    /// <returns>Why an association is refused; null where it is not.</returns>
    private static async Task<string?> FaultOf(RunningSite site)
    {
        Outcome<DicomAssociation> called = await site.CallAsync("CHEST");
        if (!called.Ok)
            return called.Fault.Message;
        await called.Value.ReleaseAsync();
        await called.Value.DisposeAsync();
        return null;
    }

    private static async Task<(int Operations, uint Pdu, bool TakesLarge)> LimitsOf(RunningSite site)
    {
        await using DicomAssociation association = (await DicomAssociation.RequestAsync(
            new AssociationSettings("127.0.0.1", site.Port, "CHEST", "TEST-SCU", [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(20)) { MaxOperations = 8 })).Require();
        bool large = (await association.StoreAsync(TestImages.Gray("1.2.9", 800, 800, i => i))).Require().IsSuccess;
        var (peer, answer) = await RawPeer.AssociateAsync(site.Port, "CHEST", SopClasses.ComputedRadiography, "1.2.840.10008.1.2");
        using (peer)
            return (association.Operations, (uint)Assert.IsType<Pdu.AssociateAccept>(answer).MaxLength, large);
    }

    private static async Task<Socket> ConnectAsync(RunningSite site)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, site.Port);
        return socket;
    }

    private static async Task<int> ReceivedAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            return await socket.ReceiveAsync(new byte[16].AsMemory(), limit.Token);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static async Task AskAsync(RunningSite site)
    {
        await using DicomAssociation association = (await site.CallAsync("CHEST", SopClasses.StorageCommitment)).Require();
        Assert.True((await association.RequestCommitmentAsync("1.2.77", [new SopReference(SopClasses.ComputedRadiography, "1.2.3")])).Require().IsSuccess);
        await association.ReleaseAsync();
    }

    private static async Task<Socket> CalledAsync(TcpListener pacs)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return await pacs.AcceptSocketAsync(limit.Token);
    }
}
