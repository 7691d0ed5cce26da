using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Spool;
using Pipeline.Actors.Ingest.Stages;
using Pipeline.Actors.Ingest.Storage;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Host.Commands;

/// <summary><c>pipeline samples</c> and <c>pipeline quarantine</c> on folders as sites leave them.</summary>
public sealed class SampleOperationsTests : IDisposable
{
    private static readonly DateTimeOffset Received = new(2026, 5, 28, 20, 26, 40, TimeSpan.Zero);
    private readonly TestFolder _folder = new();
    private readonly TestTerminal _terminal = new();
    private readonly SiteFolder _site;

    public SampleOperationsTests()
    {
        Store("chest", ("aa11", 1, [0, 1, 256, 65535, 5, 6]), ("ab22", -1, [1, 2, 3, 4, 5, 6]));
        Store("hand", ("cc33", 0, [9, 8, 7, 6, 5, 4]));
        string conf = Path.Combine(_folder.Path, "site.conf");
        File.WriteAllText(conf, $$"""
            pipeline.site { name = north, data-directory = "{{_folder.Path}}" }
            pipeline.chains.chest.classes = "normal,opacity"
            """);
        _site = new SiteFolder(_folder.Path, SiteConfiguration.Load(conf, new Dictionary<string, string>()).Configuration!.Site.Chains);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _terminal.Dispose();
    }

    [Fact]
    public async Task List_shows_every_sample_with_its_label_shape_time_and_source()
    {
        Assert.Equal(0, await SampleOperations.ListAsync(_site, null, null, _terminal.Terminal, default));
        string[][] rows = [.. _terminal.Lines.Select(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        Assert.Contains(["chest", "aa11", "test", "opacity", "2 × 3", "2026-05-28 20:26:40", "XRAY-1"], rows);
        Assert.Contains(["chest", "ab22", "test", "waits", "2 × 3", "2026-05-28 20:26:40", "XRAY-1"], rows);
        // No one has said what the labels of this chain mean.
        Assert.Contains(["hand", "cc33", "test", "0", "2 × 3", "2026-05-28 20:26:40", "XRAY-1"], rows);
        Assert.Contains("chest: 1 labelled (train 0, validation 0, test 1), 1 wait for a label", _terminal.Lines);
    }

    [Fact]
    public async Task List_of_a_chain_as_json_has_what_a_script_needs()
    {
        string file = Path.Combine(_folder.Path, "list.json");
        Assert.Equal(0, await SampleOperations.ListAsync(_site, "chest", file, _terminal.Terminal, default));
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        Assert.Equal(2, json.RootElement.GetArrayLength());
        var first = json.RootElement[0];
        Assert.Equal(("chest", "aa11", "p-aa11", "test", 1, "opacity"), (Text(first, "chain"), Text(first, "id"), Text(first, "patient"), Text(first, "split"),
            first.GetProperty("label").GetInt32(), Text(first, "class")));
        Assert.Equal(Received, first.GetProperty("received").GetDateTimeOffset());
        Assert.False(json.RootElement[1].TryGetProperty("label", out _));
    }

    [Fact]
    public async Task Export_writes_the_pixels_as_a_16_bit_PGM_and_what_they_are_beside_it()
    {
        string to = Path.Combine(_folder.Path, "look");
        Assert.Equal(0, await SampleOperations.ExportAsync(_site, null, "AA", to, _terminal.Terminal, default));
        byte[] image = await File.ReadAllBytesAsync(Path.Combine(to, "chest", "aa11.pgm"));
        Assert.Equal([.. "P5\n3 2\n65535\n"u8, 0, 0, 0, 1, 1, 0, 255, 255, 0, 5, 0, 6], image);
        using var sidecar = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(to, "chest", "aa11.json")));
        var root = sidecar.RootElement;
        Assert.Equal(("aa11.pgm", Convert.ToHexStringLower(SHA256.HashData(image)), 2, 3, "opacity", "test"), (Text(root, "file"), Text(root, "sha256"),
            root.GetProperty("height").GetInt32(), root.GetProperty("width").GetInt32(), Text(root, "class"), Text(root, "split")));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(to, "chest", "aa11.pgm")));

        Assert.Equal(0, await SampleOperations.ExportAsync(_site, null, null, to, _terminal.Terminal, default));
        Assert.Equal(["aa11.pgm", "ab22.pgm", "cc33.pgm"],
            Directory.GetFiles(to, "*.pgm", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)).Order());
    }

    [Theory]
    [InlineData("a", null, "2 samples begin with 'a'; give more digits")]
    [InlineData("ff", null, "there is no sample 'ff'")]
    [InlineData("aa11", "hand", "there is no sample 'aa11'")]
    [InlineData("aa11", "foot", "there is chest, hand")]
    public async Task A_sample_that_cannot_be_told_is_named_and_nothing_is_written(string id, string? chain, string message)
    {
        string to = Path.Combine(_folder.Path, "look");
        var failure = await Assert.ThrowsAsync<CommandFailedException>(() => SampleOperations.ExportAsync(_site, chain, id, to, _terminal.Terminal, default));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(to));
    }

    [Fact]
    public async Task A_folder_that_is_no_sites_is_said_to_be_none()
    {
        var nowhere = new SiteFolder(_folder.Sub("empty"), []);
        var failure = await Assert.ThrowsAsync<CommandFailedException>(() => SampleOperations.ListAsync(nowhere, null, null, _terminal.Terminal, default));
        Assert.Contains("is it the data directory of a site that ran?", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quarantine_list_gives_reason_time_file_and_what_to_do()
    {
        var quarantine = new Quarantine(_folder.Path, new DiskFileSystem());
        quarantine.Put(Spooled(4), "chest", InstanceOutcome.Why.BurnedIn, "This kind of image may carry text in its pixels.");
        quarantine.Put(Spooled(5), null, InstanceOutcome.Why.NoRoute, "No chain is routed under this AE title any more.");
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "quarantine", "notes-of-a-person.json"), "look at 4");

        string file = Path.Combine(_folder.Path, "list.json");
        Assert.Equal(0, await new QuarantineOperations().ListAsync(_site, null, file, _terminal.Terminal, default));
        Assert.Contains(_terminal.Lines, line => line.Contains("quarantine/chest/0000000000000004.dcm", StringComparison.Ordinal)
            && line.Contains("2026-05-28 20:26:40", StringComparison.Ordinal) && line.Contains("XRAY-1", StringComparison.Ordinal));
        Assert.Contains(_terminal.Lines, line => line.StartsWith("burned-in-text: look at it", StringComparison.Ordinal));
        Assert.Contains(_terminal.Lines, line => line.StartsWith("no-route: ", StringComparison.Ordinal) && line.Contains("ae-title", StringComparison.Ordinal));
        Assert.Equal("2 instances in quarantine", _terminal.Lines[^1]);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        Assert.Equal(["no-route", "burned-in-text"], json.RootElement.EnumerateArray().Select(held => Text(held, "reason")));
    }

    [Fact]
    public async Task A_quarantine_without_anything_is_said_to_be_empty()
    {
        _folder.Sub("spool");
        Assert.Equal(0, await new QuarantineOperations().ListAsync(_site, "chest", null, _terminal.Terminal, default));
        Assert.Equal(["0 instances in quarantine"], _terminal.Lines);
    }

    [Fact]
    public async Task A_quarantine_of_a_folder_that_is_no_sites_is_not_said_to_be_empty()
    {
        var nowhere = new SiteFolder(_folder.Sub("empty"), []);
        var failure = await Assert.ThrowsAsync<CommandFailedException>(() => new QuarantineOperations().ListAsync(nowhere, null, null, _terminal.Terminal, default));
        Assert.Contains("is it the data directory of a site that ran?", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_terminal.Lines);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static SpoolRecord Spooled(long sequence) => new(
        sequence, false, Received, 0, "XRAY-1", "CHEST", "1.2.840.10008.5.1.4.1.1.1", "1.2.3", "1.2.840.10008.1.2.1", Encoding.ASCII.GetBytes("data"));

    private void Store(string chain, params (string Id, int Label, ushort[] Pixels)[] samples)
    {
        string folder = Path.Combine(_folder.Path, "samples", chain);
        using var store = new FileSampleStore(folder, 2, 0, new DiskFileSystem());
        using var awaiting = new WaitingStore(folder, WaitingStore.ForLabel, new DiskFileSystem(), null, TimeProvider.System);
        for (int i = 0; i < samples.Length; i++)
        {
            var (id, label, pixels) = samples[i];
            var record = new SampleRecord(new Sample(id, "p-" + id, label, DataSplit.Test, 2, 3, pixels), i, "", Received, "XRAY-1");
            if (label < 0)
                awaiting.Append([record]);
            else
                store.Append([record]);
        }
    }
}
