using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Ingest.Labels;

/// <summary>Labels that the images carry themselves: an attribute and the class that each of its values means.</summary>
/// <param name="Classes">Value, upper case, to index into the route's classes.</param>
public sealed record AttributeLabels(DicomTag Tag, IReadOnlyDictionary<string, int> Classes)
{
    /// <summary>The label of an image; null where the attribute is absent, −1 where its value is none of those named.</summary>
    public int? Of(DicomDataSet dataSet) =>
        dataSet.Text(Tag) is { } value ? Classes.TryGetValue(value.ToUpperInvariant(), out int label) ? label : -1 : null;

    /// <summary>Reads <c>VALUE = CLASS</c> lines; null where one is none, names a value twice or a class that is not among <paramref name="classes"/>.</summary>
    public static AttributeLabels? Parse(string tag, IReadOnlyList<string> values, IReadOnlyList<string> classes)
    {
        if (AttributeRule.ParseTag(tag) is not { } parsed)
            return null;
        var map = new Dictionary<string, int>();
        foreach (string line in values)
        {
            string[] sides = line.Split('=', 2, StringSplitOptions.TrimEntries);
            int label = sides.Length == 2 ? classes.ToList().FindIndex(name => name.Equals(sides[1], StringComparison.OrdinalIgnoreCase)) : -1;
            if (label < 0 || !map.TryAdd(sides[0].ToUpperInvariant(), label))
                return null;
        }
        return map.Count > 0 ? new AttributeLabels(parsed, map) : null;
    }
}
