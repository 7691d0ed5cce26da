using System.Text;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Storage;
using Pipeline.Host.Commands;
using Pipeline.Host.Site;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Site;

/// <summary>What a running site answers to what it cannot use, and that it goes on.</summary>
public sealed class SiteBadInputTests(ITestOutputHelper output) : IDisposable
{
    private const string Chain = """
        pipeline.chains.chest { ae-title = CHEST, height = 32, width = 32 }
        """;

    private const string Mpeg2 = "1.2.840.10008.1.2.4.100";
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_that_is_no_DICOM_does_not_leave_storescu()
    {
        if (!Dcmtk.Present(output))
            return;
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        string file = Path.Combine(_folder.Path, "letter.txt");
        await File.WriteAllTextAsync(file, "Dear colleague, thank you for referring this patient.");
        (int exit, string text) = await Dcmtk.RunAsync("storescu", "-aec", "CHEST", "127.0.0.1", site.PortText, file);
        Assert.NotEqual(0, exit);
        Assert.Contains("Bad DICOM file", text, StringComparison.Ordinal);
        await TakesAnImage(site, instancesBefore: 0);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("a letter")]
    [InlineData("random bytes")]
    [InlineData("a length beyond the end")]
    [InlineData("a data set of another instance")]
    public async Task A_C_STORE_whose_data_set_cannot_be_understood_is_answered_Cxxx_and_nothing_is_kept(string what)
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        byte[] random = new byte[4096];
        new Random(7).NextBytes(random);
        byte[] garbage = what switch
        {
            "nothing" => [],
            "a letter" => Encoding.ASCII.GetBytes("Dear colleague, thank you for referring this patient."),
            "random bytes" => random,
            "a length beyond the end" => [0x08, 0x00, 0x18, 0x00, (byte)'U', (byte)'I', 0xFE, 0xFF, (byte)'1'],
            _ => DicomWriter.WriteDataSet(TestImages.Gray("1.2.4", 32, 32, i => i), TransferSyntax.ExplicitLittle),
        };
        var (peer, answer) = await RawPeer.AssociateAsync(site.Port, "CHEST", SopClasses.ComputedRadiography, TransferSyntax.ExplicitLittle.Uid);
        using (peer)
        {
            Assert.IsType<Pdu.AssociateAccept>(answer);
            DimseStatus status = await peer.StoreAsync(SopClasses.ComputedRadiography, "1.2.3", garbage);
            output.WriteLine($"{what}: {status}");
            Assert.Equal(0xC, status.Code >> 12);
            // The association survives one bad instance.
            Assert.Equal("0000", (await peer.StoreAsync(SopClasses.ComputedRadiography, "1.2.3",
                DicomWriter.WriteDataSet(TestImages.Gray("1.2.3", 32, 32, i => i), TransferSyntax.ExplicitLittle))).ToString());
        }

        Assert.Equal(1, (await site.Handled("chest", 1)).Received);
        Assert.Empty(Quarantine.List(site.DataDirectory));
    }

    [Fact]
    public async Task What_was_acknowledged_and_then_cannot_be_used_is_in_quarantine_with_its_reason()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        byte[] whole = DicomWriter.WriteDataSet(TestImages.Gray("1.2.3", 32, 32, i => i), TransferSyntax.ExplicitLittle);
        var (peer, _) = await RawPeer.AssociateAsync(site.Port, "CHEST", SopClasses.ComputedRadiography, TransferSyntax.ExplicitLittle.Uid);
        using (peer)
            Assert.Equal("0000", (await peer.StoreAsync(SopClasses.ComputedRadiography, "1.2.3", whole.AsMemory(0, whole.Length - 1000))).ToString());
        Assert.Equal(new Dictionary<string, long> { ["corrupt"] = 1 }, (await site.Handled("chest", 1)).Quarantined);

        using var terminal = new TestTerminal();
        Assert.Equal(0, await CommandLine.InvokeAsync(["quarantine", "list", "--data", site.DataDirectory],
            new Operations { Quarantine = new QuarantineOperations() }, terminal.Terminal));
        Assert.Contains(terminal.Lines, line => line.Contains("corrupt", StringComparison.Ordinal) && line.Contains("RAW-PEER", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_called_AE_title_is_rejected_by_that_name()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        Assert.Contains("(permanently): called AE title not recognized", (await site.CallAsync("NOBODY")).Fault!.Message, StringComparison.Ordinal);
        if (!Dcmtk.Present(output))
            return;
        string file = TestImages.Write(_folder.Path, TestImages.Gray("1.2.3", 32, 32, i => i));
        (int exit, string text) = await Dcmtk.RunAsync("storescu", "-aec", "NOBODY", "127.0.0.1", site.PortText, file);
        Assert.NotEqual(0, exit);
        Assert.Contains("Called AE Title Not Recognized", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_site_without_chains_answers_C_ECHO_and_takes_no_images()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, "");
        Assert.Contains("AE titles: PIPELINE → C-ECHO alone", site.Output, StringComparison.Ordinal);
        await using DicomAssociation association = (await site.CallAsync("PIPELINE")).Require();
        Assert.True((await association.EchoAsync()).Require().IsSuccess);
        Assert.Contains("did not accept SOP class", (await association.StoreAsync(TestImages.Gray("1.2.3", 32, 32, i => i))).Fault!.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transfer_syntax_that_cannot_be_decoded_is_refused_in_negotiation()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        var (peer, answer) = await RawPeer.AssociateAsync(site.Port, "CHEST", SopClasses.ComputedRadiography, Mpeg2);
        using (peer)
            Assert.Equal(ContextResult.TransferSyntaxesNotSupported, Assert.Single(Assert.IsType<Pdu.AssociateAccept>(answer).Contexts).Result);
        await TakesAnImage(site, instancesBefore: 0);
        if (!Dcmtk.Present(output))
            return;
        // RLE can be decoded, and is taken as it is.
        string plain = TestImages.Write(_folder.Path, TestImages.Gray("1.2.3", 32, 32, i => i)), compressed = Path.Combine(_folder.Path, "rle.dcm");
        Assert.Equal(0, (await Dcmtk.RunAsync("dcmcrle", plain, compressed)).ExitCode);
        (int exit, string text) = await Dcmtk.RunAsync("dcmsend", "-v", "-dn", "-aec", "CHEST", "127.0.0.1", site.PortText, compressed);
        Assert.True(exit == 0, text);
        Assert.Equal(2, (await site.Handled("chest", 2)).Received);
        Assert.Single(site.Samples("chest", ["1.2.3"]));
    }

    [Fact]
    public async Task Associations_that_break_inside_a_PDU_leave_nothing_behind_and_give_their_places_back()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain + "\npipeline.dicom.max-associations = 2");
        long empty = site.SpooledBytes;
        byte[] dataSet = DicomWriter.WriteDataSet(TestImages.Gray("1.2.9", 32, 32, i => i), TransferSyntax.ExplicitLittle);
        byte[] command = PduWriter.Write(new Pdu.DataTransfer(
            [new PresentationDataValue(1, Command: true, Last: true, DimseCommand.Store(1, SopClasses.ComputedRadiography, "1.2.9"))]));
        byte[] data = PduWriter.Write(new Pdu.DataTransfer([new PresentationDataValue(1, Command: false, Last: true, dataSet)]));
        for (int i = 0; i < 12; i++)
        {
            var (peer, _) = await Associated(site);
            await peer.SendAsync(command);
            await peer.SendAsync(data.AsMemory(0, 3 + i * data.Length / 12));
            if (i % 3 == 0)
                await peer.SendAsync(PduWriter.Write(new Pdu.Abort(AbortSource.User, 0)));
            if (i % 3 == 1)
                peer.Reset();
            else
                peer.Dispose();
        }

        var (first, _) = await Associated(site);
        var (second, _) = await Associated(site);
        using (first)
        using (second)
            Assert.Contains("local limit exceeded", (await site.CallAsync("CHEST")).Fault!.Message, StringComparison.Ordinal);
        Assert.Equal(empty, site.SpooledBytes);
        await TakesAnImage(site, instancesBefore: 0);
    }

    [Fact]
    public async Task Mistakes_in_the_file_are_named_all_at_once_with_what_was_meant_and_nothing_begins()
    {
        string file = RunningSite.Configure(_folder.Path, """
            pipeline.dicom.prot = 11112
            pipeline.ingest.segment-size = 5
            pipeline.chains.chest { ae-tilte = CHEST, height = 4 }
            payloads.quota = 20GiB
            """);
        (int exit, string[] complaints) = await RunAsync(file);
        Assert.Equal(ExitCode.Usage, exit);
        Assert.Equal(
        [
            $"pipeline: {file}:8: payloads: there is no such key; did you mean 'pipeline.payloads'?",
            $"pipeline: {file}:5: pipeline.dicom.prot: there is no such key; did you mean 'pipeline.dicom.port'?",
            $"pipeline: {file}:7: pipeline.chains.chest.ae-tilte: there is no such key; did you mean 'pipeline.chains.chest.ae-title'?",
            $"pipeline: {file}:6: pipeline.ingest.segment-size = \"5\": must be size 1MiB … 16GiB; a unit is missing: \"5MiB\"?",
            $"pipeline: {file}:7: pipeline.chains.chest.height = \"4\": must be integer 8 … 4096",
            "pipeline: 5 mistakes in the configuration",
        ], complaints);
        Assert.False(Directory.Exists(RunningSite.DataOf(_folder.Path)));
    }

    [Fact]
    public async Task A_busy_port_is_named_with_its_mend()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        string other = _folder.Sub("other");
        (int exit, string[] complaints) = await RunAsync(RunningSite.Configure(other, $"pipeline.dicom.port = {site.Port}"));
        Assert.Equal(ExitCode.Failed, exit);
        Assert.Equal(
            [$"pipeline: DICOM port 127.0.0.1:{site.Port} is in use by another process. Stop it, or set pipeline.dicom.port to a free port."], complaints);
    }

    [Fact]
    public async Task A_data_directory_has_one_site_at_a_time()
    {
        await using (var site = await RunningSite.StartAsync(_folder.Path, Chain))
        {
            (int exit, string[] complaints) = await RunAsync(site.ConfigFile);
            Assert.Equal(ExitCode.Failed, exit);
            Assert.Contains($"'{site.DataDirectory}' cannot be taken", Assert.Single(complaints), StringComparison.Ordinal);
            Assert.Contains("pipeline.site.data-directory", complaints[0], StringComparison.Ordinal);
            await TakesAnImage(site, instancesBefore: 0);
        }

        await using var next = await RunningSite.StartAsync(_folder.Path, Chain);
        await TakesAnImage(next, instancesBefore: 1);
    }

    [Fact]
    public async Task A_data_directory_that_is_a_file_is_named_with_its_key()
    {
        string file = RunningSite.Configure(_folder.Path, Chain);
        await File.WriteAllTextAsync(RunningSite.DataOf(_folder.Path), "");
        (int exit, string[] complaints) = await RunAsync(file);
        Assert.Equal(ExitCode.Failed, exit);
        Assert.Contains(RunningSite.DataOf(_folder.Path), Assert.Single(complaints), StringComparison.Ordinal);
        Assert.Contains("pipeline.site.data-directory", complaints[0], StringComparison.Ordinal);
    }

    /// <summary><c>pipeline run --config FILE</c> that is not expected to come up.</summary>
    private static async Task<(int ExitCode, string[] Complaints)> RunAsync(string file)
    {
        using var terminal = new TestTerminal();
        int exit = await CommandLine.InvokeAsync(["run", "--config", file], new Operations { Run = SiteRunner.RunAsync }, terminal.Terminal);
        return (exit, terminal.Complaints);
    }

    /// <summary>An accepted association; a place may still be held by one that just broke.</summary>
    private static async Task<(RawPeer Peer, Pdu Answer)> Associated(RunningSite site)
    {
        for (int i = 0; ; i++)
        {
            var (peer, answer) = await RawPeer.AssociateAsync(site.Port, "CHEST", SopClasses.ComputedRadiography, TransferSyntax.ExplicitLittle.Uid);
            if (answer is Pdu.AssociateAccept)
                return (peer, answer);
            peer.Dispose();
            Assert.True(i < 1000, $"no place became free: {Reasons.Describe((Pdu.AssociateReject)answer)}");
            await Task.Delay(20);
        }
    }

    private static async Task TakesAnImage(RunningSite site, int instancesBefore)
    {
        Assert.Equal(instancesBefore, site.Counters("chest").Received);
        string uid = $"1.2.77.{instancesBefore}";
        var (peer, _) = await Associated(site);
        using (peer)
        {
            Assert.Equal("0000", (await peer.StoreAsync(SopClasses.ComputedRadiography, uid,
                DicomWriter.WriteDataSet(TestImages.Gray(uid, 32, 32, i => i), TransferSyntax.ExplicitLittle))).ToString());
        }

        Assert.Equal(instancesBefore + 1, (await site.Handled("chest", instancesBefore + 1)).Received);
        Assert.Single(site.Samples("chest", [uid]));
    }
}
