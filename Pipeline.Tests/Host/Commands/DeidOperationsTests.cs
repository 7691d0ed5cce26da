using System.Text;
using System.Text.Json;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Host.Commands;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Host.Commands;

/// <summary><c>pipeline deid</c> on files.</summary>
public sealed class DeidOperationsTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private string Out => Path.Combine(_folder.Path, "out");

    private string Report => Path.Combine(_folder.Path, "report.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_are_written_under_new_names_or_set_aside_and_the_report_holds_no_value()
    {
        string images = _folder.Sub("in");
        TestImages.Write(images, TestImages.Gray("1.2.3", 16, 16, i => i));
        TestImages.Write(images, TestImages.Gray("1.2.4", 16, 16, i => i, modality: "US"));
        await File.WriteAllTextAsync(Path.Combine(images, "letter.txt"), "Dear colleague");
        Assert.Equal(ExitCode.Ok, await RunAsync(images, new DeidentificationProfile()));

        string file = Assert.Single(Directory.GetFiles(Out));
        Assert.Matches(@"^2\.25\.\d+\.dcm$", Path.GetFileName(file));
        string report = await File.ReadAllTextAsync(Report);
        string written = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
        Assert.All(TestImages.Planted, planted => Assert.DoesNotContain(planted, report + written, StringComparison.OrdinalIgnoreCase));
        using var json = JsonDocument.Parse(report);
        JsonElement[] files = [.. json.RootElement.GetProperty("files").EnumerateArray()];
        Assert.Equal([true, false, false], files.Select(f => f.TryGetProperty("output", out _)));
        Assert.Contains("modality", files[1].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains(files[0].GetProperty("changes").EnumerateArray(),
            change => change.GetProperty("path").GetString() == "(0010,0010)" && change.GetProperty("action").GetString() == "empty");
    }

    private async Task<int> RunAsync(string source, DeidentificationProfile profile)
    {
        using var terminal = new TestTerminal();
        return await DeidOperations.RunAsync(new DeidRequest(source, Out, profile, null, Report), terminal.Terminal, CancellationToken.None);
    }
}
