using NJsonSchema;
using Pipeline.Host.Commands;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Host.Commands;

public sealed class DicomInspectTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly TestTerminal _terminal = new();

    [Fact]
    public async Task Folders_are_walked_and_the_json_follows_its_schema()
    {
        string sub = _folder.Sub("deep");
        TestImages.Write(sub, TestImages.Gray("1.2.3", 2, 2, i => i));
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "notes.txt"), "no image at all, and no data set");
        string json = Path.Combine(_folder.Path, "out.json");

        Assert.Equal(ExitCode.Ok, await DicomInspectOperation.RunAsync([_folder.Path], json, _terminal.Terminal, default));

        string text = await File.ReadAllTextAsync(json);
        JsonSchema schema = await JsonSchema.FromFileAsync(Repository.Folder("docs/reference/dicom-inspect.schema.json"));
        Assert.Empty(schema.Validate(text));
        using var document = System.Text.Json.JsonDocument.Parse(text);
        var files = document.RootElement.GetProperty("files").EnumerateArray().ToArray();
        Assert.Equal([true, false], files.Select(file => file.GetProperty("valid").GetBoolean()));
        // 0, 1, 2, 3 as 16-bit little endian.
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([0, 0, 1, 0, 2, 0, 3, 0])),
            files[0].GetProperty("pixelSha256").GetString());
        Assert.Equal(0, files[1].GetProperty("offset").GetInt64());
        Assert.DoesNotContain(TestImages.PlantedName, text + _terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_that_is_not_there_is_named()
    {
        var failure = await Assert.ThrowsAsync<CommandFailedException>(
            () => DicomInspectOperation.RunAsync([Path.Combine(_folder.Path, "gone")], null, _terminal.Terminal, default));
        Assert.Contains("gone", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _terminal.Dispose();
    }
}
