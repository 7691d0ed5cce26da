using System.Globalization;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Ingest;

/// <summary>A condition on one attribute of an instance: <c>(gggg,eeee) OPERATOR VALUE</c>.</summary>
/// <param name="Operator">One of <see cref="Operators"/>.</param>
/// <param name="Value">Empty for <c>present</c> and <c>absent</c>; a number for <c>&lt; &lt;= &gt; &gt;=</c>.</param>
public sealed record AttributeRule(DicomTag Tag, string Operator, string Value)
{
    /// <summary>Of several values, one that fits suffices; texts are compared without regard to case.</summary>
    public static IReadOnlyList<string> Operators { get; } = ["=", "!=", "<", "<=", ">", ">=", "contains", "present", "absent"];

    /// <summary>Null when the text is no rule.</summary>
    public static AttributeRule? Parse(string text)
    {
        string[] words = text.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length < 2 || ParseTag(words[0]) is not { } tag || !Operators.Contains(words[1]))
            return null;
        string value = words.Length > 2 ? words[2] : "";
        bool unary = words[1] is "present" or "absent";
        if (unary != (value.Length == 0) || (words[1][0] is '<' or '>' && Number(value) is null))
            return null;
        return new AttributeRule(tag, words[1], value);
    }

    /// <summary>Reads <c>(gggg,eeee)</c>.</summary>
    public static DicomTag? ParseTag(string text) =>
        text.Length == 11 && text[0] == '(' && text[5] == ',' && text[10] == ')'
        && ushort.TryParse(text.AsSpan(1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort group)
        && ushort.TryParse(text.AsSpan(6, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort element)
            ? new DicomTag(group, element) : null;

    public bool Holds(DicomDataSet dataSet)
    {
        string[] values = Values(dataSet);
        return Operator switch
        {
            "present" => dataSet.Contains(Tag),
            "absent" => !dataSet.Contains(Tag),
            "=" => values.Any(Same),
            "!=" => !values.Any(Same),
            "contains" => values.Any(value => value.Contains(Value, StringComparison.OrdinalIgnoreCase)),
            _ => values.Any(value => Number(value) is { } number && Number(Value) is { } limit && Compares(number, limit)),
        };
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : null;

    private bool Compares(double number, double limit) => Operator switch
    {
        "<" => number < limit,
        "<=" => number <= limit,
        ">" => number > limit,
        _ => number >= limit,
    };

    private bool Same(string value) => value.Equals(Value, StringComparison.OrdinalIgnoreCase)
        || (Number(value) is { } number && Number(Value) is { } wanted && number == wanted);

    private string[] Values(DicomDataSet dataSet)
    {
        if (dataSet.Find(Tag) is not { Items: null, Fragments: null } element)
            return [];
        if (element.VR.IsText() || element.VR == DicomVR.UN)
            return dataSet.Text(Tag)?.Split('\\', StringSplitOptions.TrimEntries) ?? [];
        int count = element.Value.Length / Math.Max(1, element.VR.NumberSize());
        return [.. Enumerable.Range(0, Math.Min(count, 64)).Select(i => dataSet.Number(Tag, i)).OfType<double>().Select(n => n.ToString(CultureInfo.InvariantCulture))];
    }
}
