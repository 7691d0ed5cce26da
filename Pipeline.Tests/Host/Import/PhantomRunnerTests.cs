using Pipeline.Host.Commands;
using Pipeline.Host.Import;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Host.Import;

public sealed class PhantomRunnerTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly TestTerminal _terminal = new();

    public void Dispose()
    {
        _terminal.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("opacity")]
    [InlineData("nodule")]
    public async Task Every_image_is_sound_and_has_one_label_and_a_seed_gives_the_same_again(string finding)
    {
        Assert.Equal(ExitCode.Ok, await DrawAsync("north", finding));
        string[] images = [.. Directory.GetFiles(In("north")).Order()];
        Assert.Equal(9, images.Length);
        Assert.All(images, path => Assert.EndsWith(".dcm", path, StringComparison.Ordinal));
        Assert.Equal(ExitCode.Ok, await InvokeAsync("dicom", "inspect", In("north"), "--json", In("inspection.json")));
        Assert.DoesNotContain("\"valid\": false", await File.ReadAllTextAsync(In("inspection.json")), StringComparison.Ordinal);

        string[][] labels = [.. (await File.ReadAllLinesAsync(In("north.csv"))).Skip(1).Select(line => line.Split(','))];
        Assert.Equal(images.Select(Path.GetFileNameWithoutExtension), labels.Select(l => l[0]).Order());
        Assert.All(labels, l => Assert.Contains(l[1], new[] { finding, "no-" + finding }));

        Assert.Equal(ExitCode.Ok, await DrawAsync("again", finding));
        Assert.All(images, path => Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(In("again"), Path.GetFileName(path)))));
        Assert.Equal(ExitCode.Ok, await DrawAsync("other", finding, "--seed", "2"));
        Assert.Empty(Directory.GetFiles(In("other")).Select(Path.GetFileName).Intersect(images.Select(Path.GetFileName)));
    }

    [Fact]
    public async Task A_folder_that_holds_something_and_a_finding_that_is_not_drawn_are_refused()
    {
        Assert.Equal(ExitCode.Ok, await DrawAsync("north", "opacity"));
        Assert.NotEqual(ExitCode.Ok, await DrawAsync("north", "opacity"));
        Assert.Contains("not empty", _terminal.Errors, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await DrawAsync("south", "fracture"));
        Assert.Equal(ExitCode.Usage, await InvokeAsync("dicom", "phantoms", In("south")));
        Assert.False(Directory.Exists(In("south")));
    }

    private string In(string name) => Path.Combine(_folder.Path, name);

    private Task<int> DrawAsync(string name, string finding, params string[] more) =>
        InvokeAsync(["dicom", "phantoms", In(name), "--hospital", "north", "--finding", finding, "--count", "9", .. more]);

    private Task<int> InvokeAsync(params string[] arguments) => CommandLine.InvokeAsync(
        arguments, new Operations { DrawPhantoms = PhantomRunner.RunAsync, InspectDicom = DicomInspectOperation.RunAsync }, _terminal.Terminal);
}
