using System.Text.Json;
using Pipeline.Actors.Ingest;

namespace Pipeline.Host.Import;

/// <summary>
/// A learning task as a folder of images: <c>labels.csv</c> with the columns <c>file</c>, <c>label</c>, <c>institution</c>, <c>patient</c> and
/// optionally <c>split</c> (train, val or validation, test), and in the folder above <c>tasks.json</c>, which may name title, modality and classes.
/// </summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Modality">DICOM Modality (0008,0060) of the wrapped images.</param>
/// <param name="IsSecondaryCapture">The images are screenshots or figures, no scanner's own.</param>
/// <param name="Problems">Lines that were left out and why; they carry no patient.</param>
public sealed record TaskFolder(
    string Path, string Name, string Modality, bool IsSecondaryCapture, IReadOnlyList<string> Classes, IReadOnlyList<LabelledFile> Images,
    IReadOnlyList<string> Problems)
{
    public const string LabelFile = "labels.csv";
    private const string CatalogFile = "tasks.json";
    private static readonly string[] Required = ["file", "label", "institution", "patient"];

    /// <summary>The task folders of <paramref name="directory"/>: itself where it has a <c>labels.csv</c>, else those right below it, by name.</summary>
    public static IReadOnlyList<string> Find(string directory) => !Directory.Exists(directory)
        ? []
        : File.Exists(System.IO.Path.Combine(directory, LabelFile))
            ? [directory]
            : [.. Directory.GetDirectories(directory).Where(d => File.Exists(System.IO.Path.Combine(d, LabelFile))).Order(StringComparer.Ordinal)];

    /// <param name="modality">Takes the place of what <c>tasks.json</c> says; needed where it says nothing.</param>
    /// <exception cref="InvalidDataException">The folder is no task; the message says what is missing.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static TaskFolder Read(string directory, string? modality = null)
    {
        string full = System.IO.Path.GetFullPath(directory).TrimEnd(System.IO.Path.DirectorySeparatorChar);
        string name = System.IO.Path.GetFileName(full), labels = System.IO.Path.Combine(full, LabelFile);
        if (!File.Exists(labels))
            throw new InvalidDataException($"there is no {labels}");
        var (catalogued, classes) = Catalogued(full, name);
        string[] words = (modality ?? catalogued ?? "").Split(['/', ' '], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
            throw new InvalidDataException($"{System.IO.Path.Combine(full, "..", CatalogFile)} names no modality for '{name}': give --modality");
        using var reader = new StreamReader(labels);
        (int Line, string[] Cells)[] records = [.. CsvRecords.Read(reader)];
        if (records.Length < 2)
            throw new InvalidDataException($"{labels} holds no image");
        string[] header = [.. records[0].Cells.Select(c => c.Trim().Trim('\uFEFF').ToLowerInvariant())];
        if (Required.Except(header).ToArray() is { Length: > 0 } missing)
            throw new InvalidDataException($"{labels}: no column {string.Join(", ", missing)}");
        int label = Array.IndexOf(header, "label");
        classes ??= [.. records.Skip(1).Where(r => r.Cells.Length > label).Select(r => r.Cells[label].Trim()).Where(l => l.Length > 0).Distinct().Order(StringComparer.Ordinal)];
        var images = new List<LabelledFile>();
        var problems = new List<string>();
        foreach (var (line, cells) in records.Skip(1))
        {
            if (Parse(header, cells, classes, out var image) is { } problem)
                problems.Add($"{LabelFile} line {line}: {problem}");
            else
                images.Add(image!);
        }

        var ambiguous = images.GroupBy(i => i.File, StringComparer.Ordinal).Where(g => g.Count() > 1).ToArray();
        problems.AddRange(ambiguous.Select(g => $"{g.Key}: {g.Count()} lines name it; none is taken"));
        images.RemoveAll(i => ambiguous.Any(g => g.Key == i.File));
        return new TaskFolder(full, name, words[0], words.Length > 1 && words[0] == "CT", classes, images, problems);
    }

    private static string? Parse(string[] header, string[] cells, string[] classes, out LabelledFile? image)
    {
        string Cell(string column) => Array.IndexOf(header, column) is >= 0 and int at && at < cells.Length ? cells[at].Trim() : "";

        image = null;
        int label = -1;
        for (int i = 0; i < classes.Length && label < 0; i++)
            label = classes[i].Equals(Cell("label"), StringComparison.OrdinalIgnoreCase) ? i : -1;
        if (label < 0)
            return Cell("label").Length == 0 ? "no label" : $"label '{Cell("label")}' is none of {string.Join(", ", classes)}";
        if (Cell("file").Length == 0 || Cell("institution").Length == 0 || Cell("patient").Length == 0)
            return "no file, institution or patient";
        if (System.IO.Path.IsPathRooted(Cell("file")) || Cell("file").Split('/', '\\').Contains(".."))
            return "the file is outside the task's folder";
        DataSplit? split = Cell("split").ToLowerInvariant() switch
        {
            "train" => DataSplit.Train,
            "val" or "validation" => DataSplit.Validation,
            "test" => DataSplit.Test,
            _ => null,
        };
        if (split is null && Cell("split").Length > 0)
            return $"split '{Cell("split")}' is none of train, val, test";
        image = new LabelledFile(Cell("file"), label, split, Cell("institution"), Cell("patient"));
        return null;
    }

    private static (string? Modality, string[]? Classes) Catalogued(string folder, string name)
    {
        string file = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(folder)!, CatalogFile);
        if (!File.Exists(file))
            return (null, null);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var task in document.RootElement.EnumerateArray())
            {
                if (task.GetProperty("name").GetString() == name)
                {
                    return (
                        task.TryGetProperty("modality", out var modality) ? modality.GetString() : null,
                        task.TryGetProperty("classes", out var classes) ? [.. classes.EnumerateArray().Select(c => c.GetString()!)] : null);
                }
            }

            return (null, null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{file} is no list of tasks with name, modality and classes: {e.Message}", e);
        }
    }
}
