using Pipeline.Host.Configuration;

namespace Pipeline.Tests.Host.Configuration;

/// <summary>The comments of reference.conf: what each key under a root means, and its legal values in square brackets.</summary>
internal static class ReferenceDocument
{
    public static Dictionary<string, (string Meaning, string Legend)> Read(string text, string root = "pipeline")
    {
        var keys = new Dictionary<string, (string, string)>(StringComparer.Ordinal);
        var path = new List<string>();
        var comment = new List<string>();
        foreach (string line in text.Split('\n').Select(line => line.Trim()))
        {
            if (line.StartsWith('#'))
            {
                comment.Add(line[1..].Trim());
                continue;
            }

            if (line.EndsWith('{'))
            {
                path.Add(line[..^1].Trim());
            }
            else if (line == "}")
            {
                path.RemoveAt(path.Count - 1);
            }
            else if (line.Contains('=', StringComparison.Ordinal) && path.Count > 0 && path[0] == root)
            {
                string legend = comment.SingleOrDefault(c => c.StartsWith('[') && c.EndsWith(']')) ?? "";
                keys[string.Join('.', path) + "." + line[..line.IndexOf('=', StringComparison.Ordinal)].Trim()] =
                    (string.Join(' ', comment.Where(c => !c.StartsWith('['))), legend.Trim('[', ']').Replace(LiveKeys.Mark, "", StringComparison.Ordinal));
            }

            comment.Clear();
        }

        return keys;
    }
}
