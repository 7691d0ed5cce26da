using System.Globalization;
using Akka.Configuration.Hocon;

namespace Pipeline.Host.Configuration;

/// <summary>
/// Reads settings from layers (first found wins) and collects every mistake instead of stopping at the first. A value is read from its text
/// and strictly: Akka's own readers turn a missing number into 0 and a duration without unit into milliseconds.
/// </summary>
internal sealed class SettingsReader(IReadOnlyList<ConfigurationLayer> layers)
{
    private static readonly (string Unit, double Milliseconds)[] TimeUnits =
        [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    private static readonly (string Unit, long Bytes)[] SizeUnits =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("B", 1)];

    private readonly List<ConfigurationError> _errors = [];
    private readonly Dictionary<string, string> _read = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (HoconValue Value, ConfigurationLayer Layer, string Key)> _found = new(StringComparer.Ordinal);

    public IReadOnlyList<ConfigurationError> Errors => _errors;

    /// <summary>Every key that was asked for, with its legal values as they are shown to people.</summary>
    public IReadOnlyDictionary<string, string> Legends => _read;

    /// <summary>Every key that was asked for and has a value, with where it comes from; secrets are hidden.</summary>
    public IEnumerable<EffectiveValue> Effective() => _found.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry =>
    {
        var (value, layer, key) = entry.Value;
        bool isList = _read[entry.Key].StartsWith("list", StringComparison.Ordinal);
        return Shown(entry.Key, value, isList, layer, key);
    });

    /// <summary>Every key of a root that the reader does not check, such as the actor runtime's; secrets are hidden.</summary>
    public IEnumerable<EffectiveValue> Unchecked(string root) => layers.SelectMany(layer => layer.Values(root).Select(found => (found.Key, found.Value, Layer: layer)))
        .GroupBy(found => found.Key, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => Shown(group.Key, group.First().Value, isList: false, group.First().Layer, group.Key));

    public int Int(string path, int minimum, int maximum, string? fallback = null) =>
        (int)Value<long>(path, $"integer {minimum} … {maximum}", fallback, minimum, text =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= minimum && value <= maximum
                ? value : null);

    public double Fraction(string path, double minimum, double maximum, string? fallback = null) =>
        Value(path, string.Create(CultureInfo.InvariantCulture, $"number {minimum} … {maximum}"), fallback, minimum, text =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= minimum && value <= maximum
                ? value : null);

    /// <summary>A number with a unit: ms, s, m, h or d.</summary>
    public TimeSpan Duration(string path, string minimum, string maximum, string? fallback = null)
    {
        TimeSpan low = ParseDuration(minimum)!.Value, high = ParseDuration(maximum)!.Value;
        return Value(path, $"duration {minimum} … {maximum}", fallback, low, text =>
            ParseDuration(text) is { } value && value >= low && value <= high ? value : null);
    }

    /// <summary>A number with a unit: B, KiB, MiB, GiB or TiB.</summary>
    public long Size(string path, string minimum, string maximum)
    {
        long low = ParseSize(minimum)!.Value, high = ParseSize(maximum)!.Value;
        return Value(path, $"size {minimum} … {maximum}", null, low, text =>
            ParseSize(text) is { } value && value >= low && value <= high ? value : null);
    }

    public string Choice(string path, IReadOnlyList<string> choices, string? fallback = null) =>
        Checked(path, string.Join(" | ", choices), fallback, choices.Contains);

    /// <summary>A text that <paramref name="isLegal"/> accepts; empty is a text.</summary>
    public string Text(string path, string legend, Func<string, bool> isLegal, string? fallback = null) => Checked(path, legend, fallback, isLegal);

    /// <summary>A text that must be given and not be blank.</summary>
    public string Required(string path, string legend, Func<string, bool> isLegal)
    {
        _read[path] = legend;
        if (Find(path, null) is not { } found || (found.Value.IsString() && string.IsNullOrWhiteSpace(found.Value.GetString())))
        {
            _errors.Add(new ConfigurationError(path, null, $"missing; required: {legend}", layers.Count > 1 ? layers[^2].Source(path) : layers[^1].Source(path)));
            return "";
        }

        return Checked(path, legend, null, isLegal);
    }

    public IReadOnlyList<string> List(string path, IReadOnlyList<string> choices)
    {
        string legend = "list of " + string.Join(" | ", choices);
        _read[path] = legend;
        if (Find(path, null) is not { } found)
            return [];
        if (!found.Value.IsArray())
        {
            Report(path, found, legend);
            return [];
        }

        var items = found.Value.GetArray().Select(item => item.GetString()).ToList();
        if (items.Count == 0 || items.Any(item => !choices.Contains(item)) || items.Distinct().Count() != items.Count)
            Report(path, found, legend);
        return items;
    }

    /// <summary>Texts that <paramref name="isLegal"/> accepts, each once; an empty list is one.</summary>
    public IReadOnlyList<string> Texts(string path, string legend, Func<string, bool> isLegal, string? fallback = null)
    {
        _read[path] = legend;
        if (Find(path, fallback) is not { } found)
            return [];
        // Akka's parser makes of a list without items a value that is nothing.
        if (!found.Value.IsObject() && !found.Value.IsArray() && string.IsNullOrEmpty(found.Value.GetString()))
            return [];
        if (found.Value.IsArray() && found.Value.GetArray().Select(item => item.GetString()).ToList() is var items
            && items.All(isLegal) && items.Distinct().Count() == items.Count)
            return items;
        Report(path, found, legend);
        return [];
    }

    /// <summary>Keys of an object over every layer, in a fixed order.</summary>
    public IReadOnlyList<string> Keys(string path) =>
        [.. layers.SelectMany(layer => layer.Keys(path)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Adds a mistake that only several values together make.</summary>
    public void Report(string path, string? value, string problem)
    {
        // The reference is never what a person mends: the nearest section of their own is.
        for (string at = path; at.Contains('.', StringComparison.Ordinal); at = at[..at.LastIndexOf('.')])
        {
            if (layers.SkipLast(1).FirstOrDefault(layer => layer.Find(at) is not null) is { } own)
            {
                _errors.Add(new ConfigurationError(path, value, problem, own.Source(at)) { Line = own.LineOf(at) });
                return;
            }
        }

        Add(path, value, problem, layers.Count > 1 ? layers[^2] : layers[^1]);
    }

    private string Checked(string path, string legend, string? fallback, Func<string, bool> isLegal)
    {
        _read[path] = legend;
        if (Find(path, fallback) is not { } found)
            return "";
        if (found.Value.IsString() && found.Value.GetString() is { } text && isLegal(text))
            return text;
        Report(path, found, legend);
        return "";
    }

    private T Value<T>(string path, string legend, string? fallback, T onError, Func<string, T?> parse) where T : struct
    {
        _read[path] = legend;
        if (Find(path, fallback) is not { } found)
            return onError;
        // A HOCON null is a string value without a string.
        if (found.Value.IsString() && found.Value.GetString()?.Trim() is { } text && parse(text) is { } value)
            return value;
        Report(path, found, legend);
        return onError;
    }

    private void Report(string path, (HoconValue Value, ConfigurationLayer Layer) found, string legend)
    {
        string text = found.Value.IsObject() || found.Value.IsArray() ? "" : found.Value.GetString()?.Trim() ?? "";
        string shown = found.Value.IsObject() ? "{…}"
            : found.Value.IsArray() ? $"[{string.Join(", ", found.Value.GetArray().Select(item => item.GetString()))}]"
            : $"\"{SecretKeys.Mask(path, found.Value.GetString() ?? "")}\"";
        Add(path, shown, $"must be {legend}{Hint(text, legend)}", found.Layer);
    }

    private void Add(string path, string? value, string problem, ConfigurationLayer layer) =>
        _errors.Add(new ConfigurationError(path, value, problem, layer.Source(path)) { Line = layer.LineOf(path) });

    /// <summary>What most probably was meant, where a unit is missing or is one of another counting.</summary>
    private static string Hint(string text, string legend)
    {
        bool isNumber = text.Length > 0 && text.All(c => char.IsAsciiDigit(c) || c == '.');
        if (legend.StartsWith("duration", StringComparison.Ordinal))
            return isNumber ? $"; a unit is missing: \"{text}s\"?" : "";
        if (!legend.StartsWith("size", StringComparison.Ordinal))
            return "";
        return isNumber ? $"; a unit is missing: \"{text}MiB\"?" : text.EndsWith('B') ? "; units are B, KiB, MiB, GiB and TiB" : "";
    }

    private EffectiveValue Shown(string path, HoconValue value, bool isList, ConfigurationLayer layer, string key) => new(
        path, Literal(path, value, isList, SecretKeys.Mask), layer.Source(key), layer.LineOf(key), layer != layers[^1], key == path ? null : key)
    {
        Whole = Literal(path, value, isList, (_, text) => text),
    };

    private static string Literal(string key, HoconValue value, bool isList, Func<string, string, string> mask)
    {
        if (value.IsArray())
            return $"[{string.Join(", ", value.GetArray().Select(item => Quoted(item.GetString())))}]";
        // Akka's parser makes of a list without items a value that is nothing.
        string text = value.IsObject() ? "" : mask(key, value.GetString() ?? "");
        return isList && text.Length == 0 ? "[]" : Quoted(text);
    }

    private static string Quoted(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') ? text : $"\"{text}\"";

    private (HoconValue Value, ConfigurationLayer Layer)? Find(string path, string? fallback)
    {
        foreach (string candidate in fallback is null ? [path] : (string[])[path, fallback])
        {
            foreach (var layer in layers)
            {
                if (layer.Find(candidate) is { } value)
                {
                    _found[path] = (value, layer, candidate);
                    return (value, layer);
                }
            }
        }

        return null;
    }

    private static TimeSpan? ParseDuration(string text)
    {
        foreach (var (unit, milliseconds) in TimeUnits)
        {
            if (Number(text, unit) is { } number)
                return number * milliseconds <= TimeSpan.MaxValue.TotalMilliseconds / 2 ? TimeSpan.FromMilliseconds(number * milliseconds) : null;
        }

        return null;
    }

    private static long? ParseSize(string text)
    {
        foreach (var (unit, bytes) in SizeUnits)
        {
            if (Number(text, unit) is { } number)
                return number * bytes < long.MaxValue / 2 ? (long)(number * bytes) : null;
        }

        return null;
    }

    private static double? Number(string text, string unit) =>
        text.EndsWith(unit, StringComparison.Ordinal) &&
        double.TryParse(text.AsSpan(0, text.Length - unit.Length).TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            ? number : null;
}
