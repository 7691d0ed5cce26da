using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Actors.Ingest.Spool;
using Pipeline.Actors.Ingest.Stages;
using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using Pipeline.Ledger.Rounds;
using TorchSharp;

namespace Pipeline.Host.Models;

/// <summary>
/// Runs <c>pipeline predict</c>: images take the stages that a training image takes, so that a model sees what it has learned from. Nothing is kept and
/// nothing leaves the machine.
/// </summary>
public static class PredictRunner
{
    private static readonly DicomReadLimits Limits = new();
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NewLine = "\n" };

    /// <returns>0 when every file was taken, 1 when one was not.</returns>
    public static Task<int> RunAsync(PredictRequest request, Terminal terminal, CancellationToken stop) => Task.Run(
        () =>
        {
            if (!File.Exists(request.Model))
                throw new CommandFailedException($"there is no file '{request.Model}'") { ExitCode = ExitCode.Usage };
            var runtime = new TorchRuntime();
            if (runtime.Load() is { } error)
                throw new CommandFailedException(error);
            runtime.EnterTrainingThread();
            var model = ModelFile.Read(request.Model);
            if (!model.Ok)
                throw new CommandFailedException(model.Fault.Message);
            var predictions = new List<Prediction>();
            foreach (string file in request.Paths.SelectMany(Files))
            {
                stop.ThrowIfCancellationRequested();
                predictions.Add(Predict(model.Value, file));
                terminal.Out.Profile.Out.Writer.WriteLine(Line(predictions[^1]));
            }

            if (request.JsonFile is { } json)
                File.WriteAllText(json, JsonSerializer.Serialize(predictions, Json) + "\n");
            return predictions.TrueForAll(p => p.Reason is null) ? ExitCode.Ok : ExitCode.Failed;
        },
        stop);

    /// <summary>One file's prediction.</summary>
    public static Prediction Predict(ModelFile file, string path)
    {
        var task = file.Task;
        var outcome = Prepare(task, path);
        if (outcome is not InstanceOutcome.Image image)
        {
            return new Prediction(path, null, new Dictionary<string, float>(), outcome switch
            {
                InstanceOutcome.Quarantined q => $"{q.Reason}: {q.Detail}",
                InstanceOutcome.OutOfScope o => o.Reason == InstanceOutcome.Why.Modality ? $"not of modality {task.Modality}, which the model learned from" : o.Reason,
                _ => InstanceOutcome.Why.Failed,
            });
        }

        var architecture = ArchitectureCatalog.Create(task.Architecture);
        var network = new TrainingNetwork(architecture, architecture.Layout(task), torch.CPU);
        var images = ImageSet.Of([new Sample(image.Id, image.Patient, 0, DataSplit.Test, image.Height, image.Width, image.Pixels)], task.Height, task.Width);
        float[] probabilities = file.Model.Predict(network, images, task.Classes.Count);
        return new Prediction(
            path, task.Classes[Array.IndexOf(probabilities, probabilities.Max())],
            task.Classes.Select((name, i) => (name, i)).ToDictionary(c => c.name, c => probabilities[c.i]), null);
    }

    private static InstanceOutcome Prepare(TaskDescriptor task, string path)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(path).Length > Limits.MaxBytes)
                return new InstanceOutcome.Quarantined(InstanceOutcome.Why.Corrupt, $"the file is larger than {Limits.MaxBytes} bytes");
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new InstanceOutcome.Quarantined(InstanceOutcome.Why.Corrupt, e.Message);
        }

        var read = DicomReader.ReadFile(bytes, Limits);
        if (!read.Ok)
            return new InstanceOutcome.Quarantined(InstanceOutcome.Why.Corrupt, read.Fault.ToString());
        // The pseudonyms of this key are thrown away with it. Text in pixels harms nobody here: the image stays where it is.
        var way = new InstanceWay(
            new EmbeddedToolkit(), new SiteKey(RandomNumberGenerator.GetBytes(SiteKey.MinimumLength)),
            new DeidentificationProfile { Options = DeidentificationOption.None }, Limits);
        var route = new ChainRoute("predict", "PREDICT", task.Modality, task.BodyPart, task.Height, task.Width, task.Classes);
        return way.Run(
            new SpoolRecord(0, false, DateTimeOffset.UnixEpoch, 0, "PREDICT", "PREDICT", "", "", read.Value.Syntax.Uid, bytes.AsMemory(DataSetStart(read.Value))), route);
    }

    /// <summary>Where the data set begins: behind preamble, prefix and the meta group, whose length its first element tells (PS3.10 7.1).</summary>
    private static int DataSetStart(DicomFile file) => file.Meta.Int(DicomTags.FileMetaInformationGroupLength) is { } length ? 128 + 4 + 12 + length : 0;

    private static IEnumerable<string> Files(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path, "*.dcm", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        : File.Exists(path) ? [path] : throw new CommandFailedException($"'{path}' is neither a file nor a folder") { ExitCode = ExitCode.Usage };

    private static string Line(Prediction prediction) => prediction.Reason is { } reason
        ? $"{prediction.File}: not taken: {reason}"
        : $"{prediction.File}: {prediction.Class} ({string.Join(", ", prediction.Probabilities.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key} {p.Value:0.000}")))})";
}
