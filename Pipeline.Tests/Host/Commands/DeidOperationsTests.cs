using System.Text;
using System.Text.Json;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Host.Commands;
using Pipeline.Tests.Actors.Dicom;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Commands;

/// <summary><c>pipeline deid</c> on files.</summary>
public sealed class DeidOperationsTests(ITestOutputHelper output) : IDisposable
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

    /// <summary>A valid file of each class and syntax of the corpus: the checker of dicom3tools complains no more about what comes out than about what went in.</summary>
    [Fact]
    public async Task Dciodvfy_complains_no_more_about_outputs_than_about_inputs()
    {
        if (Corpus.Find(output) is not { } corpus)
            return;
        if (!Tool.Exists("dciodvfy"))
        {
            output.WriteLine("PEER MISSING: dciodvfy is not installed (Debian package dicom3tools); this is NOT CHECKED.");
            return;
        }
        string images = _folder.Sub("in");
        foreach (var row in corpus.Rows.Where(row => row["valid"] == "yes").DistinctBy(row => (row["sop_class"], row["ts_name"])))
            File.Copy(corpus.PathOf(row), Path.Combine(images, row["sha256"]));
        Assert.Equal(ExitCode.Ok, await RunAsync(images, new DeidentificationProfile { Options = DeidentificationOption.None }));
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(Report));
        var worse = new List<string>();
        int compared = 0;
        foreach (JsonElement file in json.RootElement.GetProperty("files").EnumerateArray())
        {
            if (!file.TryGetProperty("output", out JsonElement name))
                continue;
            int before = await ErrorsAsync(Path.Combine(images, file.GetProperty("file").GetString()!)), after = await ErrorsAsync(Path.Combine(Out, name.GetString()!));
            compared++;
            if (after > before)
                worse.Add($"{file.GetProperty("file")}: {before} → {after}");
        }
        Assert.Empty(worse);
        output.WriteLine($"{compared} files compared");
        Assert.True(compared > 30, $"{compared} files");
    }

    private static async Task<int> ErrorsAsync(string file)
    {
        (_, string text) = await Tool.RunAsync("dciodvfy", file);
        return text.Split('\n').Count(line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private async Task<int> RunAsync(string source, DeidentificationProfile profile)
    {
        using var terminal = new TestTerminal();
        return await DeidOperations.RunAsync(new DeidRequest(source, Out, profile, null, Report), terminal.Terminal, CancellationToken.None);
    }
}
