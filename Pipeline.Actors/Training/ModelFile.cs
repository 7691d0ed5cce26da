using System.Globalization;
using System.Text.Json;
using Pipeline.Actors.Dicom;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>
/// A <see cref="TrainedModel"/> with all that is needed to use it, as one safetensors file: tensors by their layout's names under <c>model.</c>, the task
/// and what the model is in the metadata.
/// </summary>
/// <param name="Facts">Where it comes from, for people: chain, round, digest.</param>
public sealed record ModelFile(TaskDescriptor Task, TrainedModel Model, IReadOnlyDictionary<string, string> Facts)
{
    private const string Format = "pipeline-model-1", Main = "model.", Other = "second.", Features = "memory.features", Labels = "memory.labels";
    private static readonly string[] Own = ["format", "task", "kind", "share", "neighbours"];

    /// <exception cref="IOException">The disk is full or refused.</exception>
    public void Write(string file)
    {
        var layout = ArchitectureCatalog.Create(Task.Architecture).Layout(Task);
        var tensors = Tensors(layout, Main, Model.Weights);
        if (Model.Second is { } second)
            tensors.AddRange(Tensors(layout, Other, second));
        if (Model.Memory is { } memory)
        {
            long count = Model.MemoryLabels!.Length;
            tensors.Add(new(Features, [count, memory.Length / count], memory));
            tensors.Add(new(Labels, [count], [.. Model.MemoryLabels.Select(l => (float)l)]));
        }

        new SafetensorsFile(
            new Dictionary<string, string>(Facts)
            {
                ["format"] = Format,
                ["task"] = JsonSerializer.Serialize(Task),
                ["kind"] = Model.Kind,
                ["share"] = Model.Share.ToString(CultureInfo.InvariantCulture),
                ["neighbours"] = Model.Neighbours.ToString(CultureInfo.InvariantCulture),
            },
            tensors).Write(file);
    }

    /// <summary>Reads untrusted bytes.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Outcome<ModelFile> Read(string file)
    {
        var read = SafetensorsFile.Read(file);
        if (!read.Ok)
            return read.Fault;
        var (metadata, tensors) = read.Value;
        if (metadata.GetValueOrDefault("format") != Format)
            return new Fault($"{file} is a safetensors file, but no model of this program (format '{metadata.GetValueOrDefault("format")}')");
        try
        {
            var task = JsonSerializer.Deserialize<TaskDescriptor>(metadata["task"])!;
            if (task.Height is < 1 or > TaskDescriptor.MaxSide || task.Width is < 1 or > TaskDescriptor.MaxSide || task.Classes.Count is < 1 or > TaskDescriptor.MaxClasses)
                return new Fault($"{file}: a task of {task.Height} × {task.Width} pixels and {task.Classes.Count} classes");
            var layout = ArchitectureCatalog.Create(task.Architecture).Layout(task);
            var byName = tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
            var model = new TrainedModel(metadata["kind"], Weights(layout, Main, byName))
            {
                Second = byName.Keys.Any(n => n.StartsWith(Other, StringComparison.Ordinal)) ? Weights(layout, Other, byName) : null,
                Memory = byName.GetValueOrDefault(Features)?.Values,
                MemoryLabels = byName.TryGetValue(Labels, out var labels) ? [.. labels.Values.Select(l => (int)l)] : null,
                Neighbours = int.Parse(metadata["neighbours"], CultureInfo.InvariantCulture),
                Share = float.Parse(metadata["share"], CultureInfo.InvariantCulture),
            };
            if (model.Memory is not null && (model.MemoryLabels is not { Length: > 0 } known || model.Memory.Length % known.Length != 0 || known.Any(l => l < 0 || l >= task.Classes.Count)))
                return new Fault($"{file}: its memory's labels do not fit its features and classes");
            return new ModelFile(task, model, metadata.Where(m => !Own.Contains(m.Key)).ToDictionary(m => m.Key, m => m.Value));
        }
        catch (Exception e) when (e is KeyNotFoundException or JsonException or FormatException or ArgumentException or OverflowException)
        {
            return new Fault($"{file} is no model of this program: {e.Message}");
        }
    }

    private static List<SafetensorsFile.Tensor> Tensors(ModelLayout layout, string prefix, float[] weights) =>
    [
        .. layout.Tensors.Select((t, i) => new SafetensorsFile.Tensor(
            prefix + t.Name, [.. t.Shape.Select(d => (long)d)], weights[layout.Offsets[i]..(layout.Offsets[i] + t.Length)])),
    ];

    private static float[] Weights(ModelLayout layout, string prefix, Dictionary<string, SafetensorsFile.Tensor> tensors)
    {
        var weights = new float[layout.Length];
        for (int i = 0; i < layout.Tensors.Count; i++)
        {
            var tensor = tensors.GetValueOrDefault(prefix + layout.Tensors[i].Name);
            if (tensor is null || tensor.Values.Length != layout.Tensors[i].Length || tensor.Values.Any(v => !float.IsFinite(v)))
                throw new FormatException($"tensor '{prefix}{layout.Tensors[i].Name}' is missing, of another shape, or not finite");
            tensor.Values.CopyTo(weights, layout.Offsets[i]);
        }

        return weights;
    }
}
