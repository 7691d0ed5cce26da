using System.Text;

namespace Pipeline.Host.Import;

/// <summary>Records of a CSV text (RFC 4180): cells may be quoted, a quoted cell may hold commas, doubled quotes and line breaks.</summary>
internal static class CsvRecords
{
    /// <returns>Each record's cells and the line it began on (from 1); empty lines are left out.</returns>
    /// <exception cref="InvalidDataException">A quoted cell does not end.</exception>
    public static IEnumerable<(int Line, string[] Cells)> Read(TextReader reader)
    {
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            int began = ++number;
            var cells = new List<string>();
            var cell = new StringBuilder();
            bool quoted = false;
            for (int i = 0; ; i++)
            {
                if (i == line.Length)
                {
                    if (!quoted)
                        break;
                    cell.Append('\n');
                    line = reader.ReadLine() ?? throw new InvalidDataException($"line {began}: a quoted cell does not end");
                    number++;
                    i = -1;
                }
                else if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
                {
                    cell.Append('"');
                    i++;
                }
                else if (line[i] == '"')
                {
                    quoted = !quoted;
                }
                else if (line[i] == ',' && !quoted)
                {
                    cells.Add(cell.ToString());
                    cell.Clear();
                }
                else
                {
                    cell.Append(line[i]);
                }
            }

            cells.Add(cell.ToString());
            if (cells.Count > 1 || cells[0].Length > 0)
                yield return (began, [.. cells]);
        }
    }
}
