using System.Text;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using TorchSharp;
using Xunit;

namespace Pipeline.Tests.Actors.Training;

[Collection("torch")]
public sealed class ModelFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("model-").FullName;

    public ModelFileTests() => Assert.Null(new TorchRuntime().Load());

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Path => System.IO.Path.Combine(_folder, "m.safetensors");

    [Fact]
    public void A_model_read_back_predicts_the_same_with_all_that_belongs_to_it()
    {
        var architecture = ResidualCnn.Small;
        var layout = architecture.Layout(SyntheticImages.Task);
        float[] weights = architecture.Initialize(layout, 1);
        var images = SyntheticImages.Set(12, 3);
        var network = new TrainingNetwork(architecture, layout, torch.CPU);
        TrainedModel[] models =
        [
            new("global", weights),
            new("ensemble", weights) { Second = architecture.Initialize(layout, 2), Share = 0.5f },
            new("knn", weights) { Memory = network.Predict(weights, images).Features, MemoryLabels = images.Labels, Neighbours = 3, Share = 0.3f },
        ];
        foreach (var model in models)
        {
            new ModelFile(SyntheticImages.Task, model, new Dictionary<string, string> { ["chain"] = "c" }).Write(Path);
            var read = ModelFile.Read(Path).Require();
            Assert.Equal(model.Predict(network, images, 2), read.Model.Predict(network, images, 2));
            Assert.Equal("c", read.Facts["chain"]);
            Assert.Equal(SyntheticImages.Task.Classes, read.Task.Classes);
        }
    }

    [Fact]
    public void A_damaged_or_foreign_file_is_refused_and_allocates_no_more_than_it_holds()
    {
        var architecture = ResidualCnn.Small;
        new ModelFile(SyntheticImages.Task, new TrainedModel("global", architecture.Initialize(architecture.Layout(SyntheticImages.Task), 1)), new Dictionary<string, string>()).Write(Path);
        byte[] whole = File.ReadAllBytes(Path);
        foreach (byte[] bytes in new[] { [], whole[..100], whole[..^4], [.. Enumerable.Repeat((byte)255, 64)], Header("{}"), Header("[]"), Header("{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647],\"data_offsets\":[0,8]}}") })
        {
            File.WriteAllBytes(Path, bytes);
            Assert.False(ModelFile.Read(Path).Ok, Encoding.Latin1.GetString(bytes[..Math.Min(80, bytes.Length)]));
        }

        var random = new SeededRandom(5);
        for (int i = 0; i < 200; i++)
        {
            byte[] altered = [.. whole];
            altered[8 + random.Next(1500)] = (byte)random.Next(256);
            File.WriteAllBytes(Path, altered);
            // A letter of a free text may change unnoticed; an exception may not come.
            _ = ModelFile.Read(Path).Ok;
        }
    }

    [Theory]
    [InlineData("residual-cnn-small", 100_000, 130_000)]
    [InlineData("residual-cnn-medium", 1_050_000, 1_150_000)]
    [InlineData("resnet-18-slim", 680_000, 720_000)]
    [InlineData("resnet-18-half", 2_700_000, 2_900_000)]
    [InlineData("resnet-18", 11_000_000, 11_300_000)]
    [InlineData("densenet-small", 60_000, 75_000)]
    public void Every_architecture_trains_a_step(string id, int least, int most)
    {
        var architecture = ArchitectureCatalog.Create(id);
        var task = SyntheticImages.Task with { Architecture = id };
        var trainer = new SiteTrainer(architecture, task, TrainerSettings.Default);
        Assert.InRange(trainer.Layout.Length, least, most);
        float[] start = architecture.Initialize(trainer.Layout, 1);
        var training = trainer.Train(1, start, SyntheticImages.Set(4, 1), SyntheticImages.Policy with { LocalSteps = 1, BatchSize = 4 }, new SeededRandom(1));
        Assert.Null(training.Error);
        Assert.All(Enumerable.Range(0, trainer.Layout.Tensors.Count), t => Assert.False(
            start.AsSpan(trainer.Layout.Offsets[t], trainer.Layout.Tensors[t].Length).SequenceEqual(training.Weights.AsSpan(trainer.Layout.Offsets[t], trainer.Layout.Tensors[t].Length)),
            $"{id}: {trainer.Layout.Tensors[t].Name} did not move"));
        Assert.Equal(8, trainer.Predict(training.Weights, SyntheticImages.Set(4, 2)).Probabilities.Length);
    }

    private static byte[] Header(string json) => [.. BitConverter.GetBytes((ulong)json.Length), .. Encoding.UTF8.GetBytes(json), 0, 0, 0, 0, 0, 0, 0, 0];
}
