using System.Globalization;

namespace Pipeline.Actors.Ingest.Labels;

/// <summary>
/// A CSV file, read again whenever it changed. The header names one or more of <c>sop_instance_uid</c>, <c>accession_number</c>, <c>patient_id</c>, and
/// <c>label</c> (a class name or its index), optionally <c>split</c> (train, validation, test). A line labels what
/// its first key names, in that order. Keys are hashed line by line; none is kept.
/// </summary>
public sealed class CsvLabelSource(string path, IReadOnlyList<string> classes, SiteKey key) : ILabelSource
{
    private static readonly (string Column, PseudonymKind Kind)[] Keys =
    [
        ("sop_instance_uid", PseudonymKind.Instance), ("accession_number", PseudonymKind.Accession), ("patient_id", PseudonymKind.Patient),
    ];

    private (DateTime Written, long Length) _seen;

    /// <summary>What is wrong with the file by line number, without its content; empty when all is well.</summary>
    public IReadOnlyList<string> Problems { get; private set; } = [];

    public IReadOnlyList<LabelEntry> Poll()
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            Problems = [$"There is no file {path} yet; images wait for their labels."];
            _seen = default;
            return [];
        }
        if ((file.LastWriteTimeUtc, file.Length) == _seen)
            return [];
        try
        {
            List<LabelEntry> entries = Read(File.ReadLines(path));
            _seen = (file.LastWriteTimeUtc, file.Length);
            return entries;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Written to at this moment, or out of reach: the next poll tries again.
            Problems = [$"{path} cannot be read: {error.Message}"];
            return [];
        }
    }

    private List<LabelEntry> Read(IEnumerable<string> lines)
    {
        var entries = new List<LabelEntry>();
        var problems = new List<string>();
        string[]? header = null;
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            string[] cells = [.. line.Split(',').Select(cell => cell.Trim().Trim('"', '\uFEFF'))];
            if (header is null)
            {
                header = cells;
                if (!header.Contains("label") || !Keys.Any(k => header.Contains(k.Column)))
                {
                    problems.Add("Line 1: needs a column 'label' and one of sop_instance_uid, accession_number, patient_id.");
                    break;
                }
            }
            else if (line.Length > 0 && !Take(header, cells, entries))
                problems.Add($"Line {number}: no key, or label or split unknown.");
        }
        Problems = problems;
        return entries;
    }

    private bool Take(string[] header, string[] cells, List<LabelEntry> entries)
    {
        string Cell(string column) => Array.IndexOf(header, column) is >= 0 and int at && at < cells.Length ? cells[at] : "";

        if (Label(Cell("label")) is not { } label)
            return false;
        DataSplit? split = null;
        if (Cell("split") is { Length: > 0 } name)
        {
            if (!Enum.TryParse(name, ignoreCase: true, out DataSplit parsed) || !Enum.IsDefined(parsed))
                return false;
            split = parsed;
        }
        foreach ((string column, PseudonymKind kind) in Keys)
        {
            if (Cell(column) is { Length: > 0 } value)
            {
                entries.Add(new LabelEntry(key.Pseudonym(kind, value), label, split));
                return true;
            }
        }
        return false;
    }

    private int? Label(string cell)
    {
        for (int i = 0; i < classes.Count; i++)
        {
            if (classes[i].Equals(cell, StringComparison.OrdinalIgnoreCase))
                return i;
        }
        return int.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < classes.Count ? index : null;
    }
}
