using System.Text;
using Akka.Configuration;

namespace Pipeline.Host.Configuration;

/// <summary>
/// Variables <c>PIPELINE__…</c> and <c>AKKA__…</c> as configuration: lower-cased, <c>__</c> becomes a dot and <c>_</c> a hyphen, so
/// <c>PIPELINE__SITE__DATA_DIRECTORY</c> is <c>pipeline.site.data-directory</c>. A value in square brackets is a list.
/// </summary>
internal static class EnvironmentLayer
{
    public static ConfigurationLayer Read(IReadOnlyDictionary<string, string> environment)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var hocon = new StringBuilder();
        foreach (var (name, value) in environment.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith("PIPELINE__", StringComparison.Ordinal) && !name.StartsWith("AKKA__", StringComparison.Ordinal))
                continue;
            string path = PathOf(name);
            names[path] = name;
            hocon.Append(path).Append(" = ").Append(Literal(value)).Append('\n');
        }

        return new ConfigurationLayer(
            path => names.TryGetValue(path, out string? name) ? $"environment variable {name}" : "environment",
            hocon.Length == 0 ? Config.Empty : ConfigurationFactory.ParseString(hocon.ToString()));
    }

    public static string PathOf(string name) => name.ToLowerInvariant().Replace("__", ".").Replace('_', '-');

    private static string Literal(string value)
    {
        string trimmed = value.Trim();
        if (trimmed.StartsWith('[') && trimmed.EndsWith(']'))
            return "[" + string.Join(", ", trimmed[1..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(item => Quote(item.Trim('"')))) + "]";
        return Quote(value);
    }

    private static string Quote(string value) => '"' + value.Replace("\\", "\\\\").Replace("\"", "\\\"") + '"';
}
