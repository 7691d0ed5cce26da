using System.Globalization;
using System.Runtime.InteropServices;
using Pipeline.Actors.Training;
using TorchSharp;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Training;

/// <summary>An exported model in another hand: PyTorch reads the safetensors file by its tensors' names alone and answers the same.</summary>
[Collection("torch")]
public sealed class PyTorchReadsModelTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Model and images are its arguments; it prints class probabilities, one image a line.</summary>
    private const string Script =
        """
        import sys, json, struct
        import torch, torch.nn.functional as F
        data = open(sys.argv[1], 'rb').read()
        length, = struct.unpack('<Q', data[:8])
        header = json.loads(data[8:8 + length])
        header.pop('__metadata__')
        def tensor(name):
            entry = header['model.' + name]
            begin, end = entry['data_offsets']
            assert entry['dtype'] == 'F32'
            return torch.frombuffer(bytearray(data[8 + length + begin:8 + length + end]), dtype=torch.float32).view(entry['shape'])
        def layer(name, x, stride=1):
            w = tensor(name + '.weight')
            return F.group_norm(F.conv2d(x, w, None, stride, w.shape[-1] // 2), 8, tensor(name + '.norm.weight'), tensor(name + '.norm.bias'))
        x = torch.frombuffer(bytearray(open(sys.argv[2], 'rb').read()), dtype=torch.float32).view(-1, 1, 32, 32)
        x = F.relu(layer('stem', x, 2))
        for stage in '12':
            x = F.relu(layer('down' + stage, x, 2))
            x = F.relu(x + layer('block' + stage + '.conv2', F.relu(layer('block' + stage + '.conv1', x))))
        answer = F.linear(x.mean((2, 3)) + x.amax((2, 3)), tensor('head.weight'), tensor('head.bias')).softmax(1)
        for row in answer.tolist(): print(*row)
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("model-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Probabilities_are_the_same()
    {
        Assert.Null(new TorchRuntime().Load());
        var architecture = ResidualCnn.Small;
        var layout = architecture.Layout(SyntheticImages.Task);
        var images = SyntheticImages.Set(20, 3);
        var trainer = new SiteTrainer(architecture, SyntheticImages.Task, TrainerSettings.Default);
        float[] weights = trainer.Train(3, architecture.Initialize(layout, 1), images, SyntheticImages.Policy, new Pipeline.Actors.Updates.SeededRandom(1)).Weights;
        string model = Path.Combine(_folder, "global.safetensors"), pixels = Path.Combine(_folder, "pixels");
        new ModelFile(SyntheticImages.Task, new TrainedModel("global", weights), new Dictionary<string, string>()).Write(model);
        await File.WriteAllBytesAsync(pixels, MemoryMarshal.AsBytes(images.Pixels.AsSpan()).ToArray());
        if (!File.Exists("/usr/bin/python3") || await Tool.RunAsync("/usr/bin/python3", "-c", "import torch") is not (0, _))
        {
            output.WriteLine("PEER MISSING: /usr/bin/python3 has no torch (Debian package python3-torch); this is NOT CHECKED.");
            return;
        }

        var (code, text) = await Tool.RunAsync("/usr/bin/python3", "-W", "ignore", "-c", Script, model, pixels);

        Assert.True(code == 0, text);
        float[] theirs = [.. text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(v => float.Parse(v, CultureInfo.InvariantCulture))];
        float[] ours = new TrainedModel("global", weights).Predict(new TrainingNetwork(architecture, layout, torch.CPU), images, 2);
        Assert.Equal(ours.Length, theirs.Length);
        Assert.All(Enumerable.Range(0, ours.Length), i => Assert.Equal(ours[i], theirs[i], 1e-4f));
        Assert.True(ours.Distinct().Count() > 10);
    }
}
