using System.Globalization;

namespace Pipeline.Actors.Ingest.Labels;

/// <summary>
/// A CSV file (RFC 4180, a record a line), read again whenever it changed: rows added, changed and removed take effect. The header names one or more of
/// <c>sop_instance_uid</c>, <c>accession_number</c>, <c>patient_id</c>, and <c>label</c> (a class name or its index), optionally <c>split</c> (train,
/// validation, test). A line labels what its first key names, in that order. Keys are hashed line by line; none is kept.
/// </summary>
public sealed class CsvLabelSource(string path, IReadOnlyList<string> classes, SiteKey key) : ILabelSource
{
    private const int MaxProblems = 1000;

    private static readonly (string Column, PseudonymKind Kind)[] Keys =
    [
        ("sop_instance_uid", PseudonymKind.Instance), ("accession_number", PseudonymKind.Accession), ("patient_id", PseudonymKind.Patient),
    ];

    private (DateTime Written, long Length) _seen;
    private Dictionary<string, LabelEntry> _told = [];

    /// <summary>What is wrong with the file by line number, without its content; empty when all is well.</summary>
    public IReadOnlyList<string> Problems { get; private set; } = [];

    /// <summary>Once the file was read. While it is away, what it said last stands.</summary>
    public bool IsComplete { get; private set; }

    public IReadOnlyList<LabelEntry> Poll()
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            Problems = [$"There is no file {path} {(IsComplete ? "any more; what it said last stands" : "yet; images wait for their labels")}."];
            _seen = default;
            return [];
        }
        if ((file.LastWriteTimeUtc, file.Length) == _seen)
            return [];
        try
        {
            if (Read(File.ReadLines(path)) is not { } rows)
                return [];
            _seen = (file.LastWriteTimeUtc, file.Length);
            IsComplete = true;
            return Tell(rows);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Written to at this moment, or out of reach: the next poll tries again.
            Problems = [$"{path} cannot be read: {error.Message}"];
            return [];
        }
    }

    private List<LabelEntry> Tell(Dictionary<string, LabelEntry> rows)
    {
        List<LabelEntry> changes =
        [
            .. rows.Values.Where(row => _told.GetValueOrDefault(row.Key) != row),
            .. _told.Keys.Where(known => !rows.ContainsKey(known)).Select(gone => new LabelEntry(gone, LabelEntry.Withdrawn)),
        ];
        _told = rows;
        return changes;
    }

    /// <returns>Null where the header does not say what the columns are: nothing changes then.</returns>
    private Dictionary<string, LabelEntry>? Read(IEnumerable<string> lines)
    {
        var rows = new Dictionary<string, (LabelEntry Entry, int Line)>();
        var contradicted = new HashSet<string>();
        var problems = new List<string>();
        string[]? header = null;
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            if (line.AsSpan().Trim().IsEmpty)
                continue;
            string[] cells = Cells(line);
            if (header is null)
            {
                header = cells;
                if (!header.Contains("label") || !Keys.Any(k => header.Contains(k.Column)))
                {
                    Problems = ["Line 1: needs a column 'label' and one of sop_instance_uid, accession_number, patient_id."];
                    return null;
                }
                continue;
            }
            (LabelEntry? entry, string? problem) = Entry(header, cells);
            if (entry is not null && !rows.TryAdd(entry.Key, (entry, number)) && rows[entry.Key].Entry != entry)
            {
                contradicted.Add(entry.Key);
                problem = $"the key of line {rows[entry.Key].Line} again with another label or split; neither counts";
            }
            if (problem is not null && problems.Count < MaxProblems)
                problems.Add($"Line {number}: {problem}.");
        }
        Problems = problems;
        return rows.Where(row => !contradicted.Contains(row.Key)).ToDictionary(row => row.Key, row => row.Value.Entry);
    }

    private (LabelEntry? Entry, string? Problem) Entry(string[] header, string[] cells)
    {
        string Cell(string column) => Array.IndexOf(header, column) is >= 0 and int at && at < cells.Length ? cells[at] : "";

        if (cells.Length != header.Length)
            return (null, $"{cells.Length} cells where the header has {header.Length}");
        if (Label(Cell("label")) is not { } label)
            return (null, Cell("label").Length == 0 ? "no label" : $"the label is none of {string.Join(", ", classes)}");
        DataSplit? split = null;
        if (Cell("split") is { Length: > 0 } name)
        {
            if (!Enum.TryParse(name, ignoreCase: true, out DataSplit parsed) || !Enum.IsDefined(parsed) || char.IsAsciiDigit(name[0]))
                return (null, "the split is none of train, validation, test");
            split = parsed;
        }
        foreach ((string column, PseudonymKind kind) in Keys)
        {
            if (Cell(column) is { Length: > 0 } value)
                return (new LabelEntry(key.Pseudonym(kind, value), label, split), null);
        }
        return (null, "no key");
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

    private static string[] Cells(string line)
    {
        var cells = new List<string>();
        var cell = new System.Text.StringBuilder();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
                cell.Append(line[i++]);
            else if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
            {
                cells.Add(cell.ToString().Trim());
                cell.Clear();
            }
            else if (c != '\uFEFF')
                cell.Append(c);
        }
        cells.Add(cell.ToString().Trim());
        return [.. cells];
    }
}
