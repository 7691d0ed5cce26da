using System.Text;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>
/// Real files, malformed ones included, with a catalogue of what is in them: <c>../shared/dicom</c> beside the repository, or
/// <c>PIPELINE_SHARED/dicom</c>. Absent, a test says so and checks nothing.
/// </summary>
internal sealed class Corpus
{
    private readonly string _folder;

    private Corpus(string folder) => _folder = folder;

    /// <summary>A row a file: column to value.</summary>
    public IReadOnlyList<Dictionary<string, string>> Rows
    {
        get
        {
            string[] lines = File.ReadAllLines(Path.Combine(_folder, "catalogue.csv"));
            List<string> header = Cells(lines[0]);
            return [.. lines.Skip(1).Select(line => header.Zip(Cells(line)).ToDictionary(pair => pair.Item1, pair => pair.Item2))];
        }
    }

    public static Corpus? Find(ITestOutputHelper output)
    {
        IEnumerable<string> candidates = Ancestors(AppContext.BaseDirectory).Select(parent => Path.Combine(parent, "shared"))
            .Prepend(Environment.GetEnvironmentVariable("PIPELINE_SHARED") ?? "");
        string? folder = candidates.Select(shared => Path.Combine(shared, "dicom")).FirstOrDefault(f => File.Exists(Path.Combine(f, "catalogue.csv")));
        if (folder is not null)
            return new Corpus(folder);
        output.WriteLine("NOT CHECKED: no ../shared/dicom/catalogue.csv beside the repository, and PIPELINE_SHARED names none.");
        return null;
    }

    public string PathOf(Dictionary<string, string> row) => Path.Combine(_folder, "files", row["path"]);

    private static IEnumerable<string> Ancestors(string path)
    {
        for (DirectoryInfo? at = new(path); at is not null; at = at.Parent)
            yield return at.FullName;
    }

    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool quoted = false;
        foreach (char c in line)
        {
            if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
                cell.Append(c);
        }
        cells.Add(cell.ToString());
        return cells;
    }
}
