using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Host.Commands;
using Pipeline.Tests.Actors.Dicom;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Site;

/// <summary>The program as a shell, systemd or a container runtime sees it.</summary>
public sealed class SiteProcessTests(ITestOutputHelper output) : IDisposable
{
    private const string Chain = "pipeline.chains.chest { ae-title = CHEST, height = 32, width = 32 }";
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_stops_it_in_order_with_exit_code_0_and_keeps_what_was_acknowledged(string signal)
    {
        if (!HasSignals())
            return;
        await using (var site = await SiteProcess.StartAsync(RunningSite.Configure(_folder.Path, Chain)))
        {
            if (await site.IgnoresAsync(signal))
            {
                output.WriteLine($"NOT CHECKED: SIG{signal} is ignored by whatever started these tests (a background job, nohup), and so by its children.");
                return;
            }

            DicomAssociation association = await CallAsync(site);
            Assert.True((await association.StoreAsync(Image(0))).Require().IsSuccess);
            await association.ReleaseAsync();
            await site.SignalAsync(signal);
            Assert.Equal(ExitCode.Ok, await site.ExitCodeAsync());
            Assert.EndsWith("stopping: associations end, what is in flight is committed", site.Output.TrimEnd(), StringComparison.Ordinal);
        }

        await AllAreThere(1);
    }

    [Fact]
    public async Task Killed_amid_a_stream_of_images_it_has_every_acknowledged_one_when_it_comes_back()
    {
        if (!HasSignals())
            return;
        int acknowledged = 0;
        await using (var site = await SiteProcess.StartAsync(RunningSite.Configure(_folder.Path, Chain)))
        {
            DicomAssociation association = await CallAsync(site);
            Task? killed = null;
            for (; acknowledged < 5000; acknowledged++)
            {
                if (acknowledged == 50)
                    killed = Task.Run(() => site.SignalAsync("KILL"));
                Outcome<DimseStatus> status = await association.StoreAsync(Image(acknowledged));
                if (!status.Ok || !status.Value.IsSuccess)
                    break;
            }

            await killed!;
            await association.DisposeAsync();
            Assert.Equal(128 + 9, await site.ExitCodeAsync());
        }

        output.WriteLine($"{acknowledged} images were acknowledged before the kill");
        Assert.InRange(acknowledged, 50, 4999);
        await AllAreThere(acknowledged);
    }

    [Fact]
    public async Task A_busy_port_is_exit_code_1_and_a_wrong_file_exit_code_2()
    {
        await using var site = await RunningSite.StartAsync(_folder.Sub("first"), Chain);
        await using var busy = await SiteProcess.StartAsync(RunningSite.Configure(_folder.Sub("second"), $"pipeline.dicom.port = {site.Port}"));
        Assert.Equal(ExitCode.Failed, await busy.ExitCodeAsync());
        Assert.Contains("pipeline.dicom.port", busy.Output, StringComparison.Ordinal);
        await using var wrong = await SiteProcess.StartAsync(RunningSite.Configure(_folder.Sub("third"), "pipeline.dicom.prot = 1"));
        Assert.Equal(ExitCode.Usage, await wrong.ExitCodeAsync());
        Assert.Contains("did you mean 'pipeline.dicom.port'?", wrong.Output, StringComparison.Ordinal);
    }

    private static string Uid(int number) => $"1.2.66.{number}";

    private static DicomDataSet Image(int number) => TestImages.Gray(Uid(number), 32, 32, i => i + number);

    private static async Task<DicomAssociation> CallAsync(SiteProcess site) => (await DicomAssociation.RequestAsync(new AssociationSettings(
        "127.0.0.1", site.Port, "CHEST", "TEST-SCU", [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(20)))).Require();

    private async Task AllAreThere(int count)
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        string[] uids = [.. Enumerable.Range(0, count).Select(Uid)];
        await RunningSite.Until(
            () => site.Samples("chest", uids).Count == count, () => $"{site.Samples("chest", uids).Count} of {count} acknowledged images are in the store");
    }

    private bool HasSignals()
    {
        if (!OperatingSystem.IsWindows())
            return true;
        output.WriteLine("NOT CHECKED: this system has no POSIX signals.");
        return false;
    }
}
