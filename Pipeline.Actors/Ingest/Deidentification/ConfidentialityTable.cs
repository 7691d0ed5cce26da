using System.Collections.Frozen;
using System.Globalization;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>Table E.1-1 of PS3.15, and for its combined actions the types of PS3.3; both are embedded files that name their source.</summary>
internal static class ConfidentialityTable
{

    private static readonly FrozenDictionary<uint, Row> Rows;
    private static readonly (uint Mask, uint Value, Row Row)[] Ranges;
    private static readonly FrozenSet<string> KnownClasses;
    private static readonly FrozenDictionary<uint, (string[] Required, string[] Empty)> Types;

    static ConfidentialityTable()
    {
        var rows = new Dictionary<uint, Row>();
        var ranges = new List<(uint, uint, Row)>();
        foreach (string[] cells in Lines("confidentiality-profile.csv"))
        {
            var row = new Row(cells[1].Split('/'), cells.Length > 2 ? cells[2] : "");
            if (cells[0].Contains('x', StringComparison.Ordinal))
                ranges.Add((Hex(Mask(cells[0])), Hex(cells[0].Replace('x', '0')), row));
            else
                rows.Add(Hex(cells[0]), row);
        }
        (Rows, Ranges) = (rows.ToFrozenDictionary(), [.. ranges]);

        string[][] types = [.. Lines("iod-types.csv")];
        KnownClasses = types[0][1].Split(' ').ToFrozenSet();
        Types = types.Skip(1).ToFrozenDictionary(
            cells => Hex(cells[0]), cells => (cells[1].Split(' ', StringSplitOptions.RemoveEmptyEntries), cells[2].Split(' ', StringSplitOptions.RemoveEmptyEntries)));

        static uint Hex(string text) => uint.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

        static string Mask(string tag) => string.Concat(tag.Select(c => c == 'x' ? '0' : 'F'));
    }

    /// <summary>Attributes of the table, ranges of groups counted once.</summary>
    public static int Count => Rows.Count + Ranges.Length;

    /// <summary>The action for an attribute in an instance of a class, or null where the table does not name it.</summary>
    /// <param name="sopClassUid">Of the instance; empty for an attribute inside a sequence, whose type there is not known.</param>
    public static ProfileAction? Find(DicomTag tag, string sopClassUid, DeidentificationOption options)
    {
        if (RowOf(tag) is not { } row)
            return null;
        foreach ((char letter, DeidentificationOption option) in OptionsOf(row.Options))
        {
            if (!options.HasFlag(option))
                continue;
            if (char.IsUpper(letter))
                return ProfileAction.Keep;
            if (option == DeidentificationOption.RetainModifiedDates)
                return ProfileAction.ShiftDate;
            // Cleaning a text needs someone who reads it; without that the Basic Profile's action is the safe one.
        }
        return Choose(tag, row, sopClassUid);
    }

    private static ProfileAction Choose(DicomTag tag, Row row, string sopClassUid)
    {
        if (row.Actions is [string only])
            return Of(only);
        if (row.Actions.Contains("U"))
            return ProfileAction.Keep;
        string name = sopClassUid.StartsWith(SopClasses.StorageRoot, StringComparison.Ordinal) ? sopClassUid[SopClasses.StorageRoot.Length..] : "";
        if (!KnownClasses.Contains(name))
            return Of(row.Actions[^1]);
        if (Types.TryGetValue(tag.Value, out var types))
        {
            if (Has(types.Required, name) && row.Actions.Contains("D"))
                return ProfileAction.Dummy;
            if (Has(types.Empty, name) && row.Actions.Contains("Z"))
                return ProfileAction.Empty;
        }
        return Of(row.Actions[0]);

        static bool Has(string[] classes, string name) => classes is ["*"] || classes.Contains(name);
    }

    private static Row? RowOf(DicomTag tag)
    {
        if (Rows.TryGetValue(tag.Value, out Row? row))
            return row;
        foreach ((uint mask, uint value, Row range) in Ranges)
        {
            if ((tag.Value & mask) == value)
                return range;
        }
        return null;
    }

    private static IEnumerable<(char Letter, DeidentificationOption Option)> OptionsOf(string letters)
    {
        foreach (char letter in letters)
        {
            DeidentificationOption option = char.ToUpperInvariant(letter) switch
            {
                'U' => DeidentificationOption.RetainUids,
                'D' => DeidentificationOption.RetainDeviceIdentity,
                'I' => DeidentificationOption.RetainInstitutionIdentity,
                'P' => DeidentificationOption.RetainPatientCharacteristics,
                'F' => DeidentificationOption.RetainFullDates,
                'M' => DeidentificationOption.RetainModifiedDates,
                _ => DeidentificationOption.None,
            };
            if (option != DeidentificationOption.None)
                yield return (letter, option);
        }
    }

    private static ProfileAction Of(string letter) => letter switch
    {
        "X" => ProfileAction.Remove,
        "Z" => ProfileAction.Empty,
        "D" => ProfileAction.Dummy,
        "U" => ProfileAction.Uid,
        _ => throw new InvalidDataException($"No such action: {letter}."),
    };

    private static IEnumerable<string[]> Lines(string name)
    {
        using Stream stream = typeof(ConfidentialityTable).Assembly.GetManifestResourceStream($"Pipeline.Actors.Ingest.Deidentification.{name}")
            ?? throw new InvalidOperationException($"The resource {name} is missing from this build.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
                yield return line.Split(',');
        }
    }

    /// <param name="Actions">Of the Basic Profile, weakest first as the table writes them: X before Z before D.</param>
    private sealed record Row(string[] Actions, string Options);
}
