using System.Text.Json;
using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using Pipeline.Host.Import;
using Pipeline.Host.Models;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Host.Commands;
using Pipeline.Tests.Host.Import;
using Xunit;

namespace Pipeline.Tests.Host.Models;

[Collection("torch")]
public sealed class PredictTests : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly GeneratedTask _task = new("discs", 1, 3, 31);
    private readonly TestTerminal _terminal = new();

    public void Dispose()
    {
        _task.Dispose();
        _terminal.Dispose();
    }

    [Fact]
    public async Task Images_are_told_by_class_and_what_is_no_image_of_the_task_by_reason()
    {
        string dicom = Path.Combine(_task.Root, "dicom"), model = Path.Combine(_task.Root, "m.safetensors"), json = Path.Combine(_task.Root, "p.json");
        await ImportRunner.RunAsync(new ImportRequest(_task.Folder, dicom, null), _terminal.Terminal, CancellationToken.None);
        await ImportRunner.RunAsync(new ImportRequest(_task.Folder, Path.Combine(_task.Root, "chest"), "CR"), _terminal.Terminal, CancellationToken.None);
        string[] files = Directory.GetFiles(dicom, "*.dcm", SearchOption.AllDirectories);
        string other = Directory.GetFiles(Path.Combine(_task.Root, "chest"), "*.dcm", SearchOption.AllDirectories)[0], broken = Path.Combine(_task.Root, "broken.dcm");
        await File.WriteAllBytesAsync(broken, [1, 2, 3, 4]);
        var task = new TaskDescriptor("MR", "", 32, 32, ["none", "disc"], "residual-cnn-small");
        var architecture = ResidualCnn.Small;
        new ModelFile(task, new TrainedModel("global", architecture.Initialize(architecture.Layout(task), 1)), new Dictionary<string, string>()).Write(model);

        Assert.Equal(ExitCode.Ok, await Run([dicom]));
        Assert.Equal(ExitCode.Failed, await Run([files[0], other, broken]));

        var predictions = JsonSerializer.Deserialize<List<Prediction>>(await File.ReadAllTextAsync(json), Json)!;
        Assert.Equal(1, predictions[0].Probabilities.Values.Sum(), 4);
        Assert.Contains(predictions[0].Class, task.Classes);
        Assert.Contains("not of modality MR", predictions[1].Reason, StringComparison.Ordinal);
        Assert.StartsWith("corrupt", predictions[2].Reason, StringComparison.Ordinal);
        Assert.Equal(6 + 3, _terminal.Lines.Count(line => line.Contains(".dcm: ", StringComparison.Ordinal)));

        Task<int> Run(string[] paths) => PredictRunner.RunAsync(new PredictRequest(model, paths, json), _terminal.Terminal, CancellationToken.None);
    }
}
