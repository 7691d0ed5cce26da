using System.Globalization;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>A private attribute as vendors document it: its creator, group, and element within the creator's block (PS3.5 7.8).</summary>
/// <param name="Element">Low byte of the element number.</param>
public readonly record struct PrivateAttribute(string Creator, ushort Group, byte Element)
{
    /// <summary>
    /// Attributes of PS3.15 table E.3.10-1 that hold physical quantities alone: SUV factors, dose, table speed, pitch, diffusion weighting. The table has more;
    /// a site adds what its modalities write.
    /// </summary>
    public static IReadOnlyList<PrivateAttribute> Safe { get; } =
    [
        new("Philips PET Private Group", 0x7053, 0x00), new("Philips PET Private Group", 0x7053, 0x09),
        new("ELSCINT1", 0x00E1, 0x21), new("ELSCINT1", 0x00E1, 0x50), new("ELSCINT1", 0x01E1, 0x26), new("ELSCINT1", 0x01F1, 0x01),
        new("ELSCINT1", 0x01F1, 0x07), new("ELSCINT1", 0x01F1, 0x26), new("ELSCINT1", 0x01F1, 0x27),
        new("GEMS_ACQU_01", 0x0019, 0x23), new("GEMS_ACQU_01", 0x0019, 0x24), new("GEMS_ACQU_01", 0x0019, 0x27),
        new("GEMS_PARM_01", 0x0043, 0x27), new("GEMS_HELIOS_01", 0x0045, 0x01), new("GEMS_HELIOS_01", 0x0045, 0x02),
        new("Philips Imaging DD 001", 0x2001, 0x03), new("Philips Imaging DD 001", 0x2001, 0x04),
    ];

    /// <summary>Reads <c>(gggg,xxee) CREATOR</c>; null when the text is no such thing.</summary>
    public static PrivateAttribute? Parse(string text)
    {
        // (0019,xx23) GEMS_ACQU_01
        if (text.Length < 13 || text[0] != '(' || text[5] != ',' || !text.AsSpan(6, 2).Equals("xx", StringComparison.OrdinalIgnoreCase) || text[10] != ')'
            || !ushort.TryParse(text.AsSpan(1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort group)
            || !byte.TryParse(text.AsSpan(8, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte element)
            || (group & 1) == 0)
            return null;
        string creator = text[11..].Trim();
        return creator.Length is > 0 and <= 64 ? new PrivateAttribute(creator, group, element) : null;
    }

    /// <summary>The attribute behind a private tag, by the creator that reserved its block in the same data set; null without one.</summary>
    public static PrivateAttribute? Of(DicomTag tag, DicomDataSet dataSet) =>
        tag.Element >= 0x1000 && dataSet.Text(new DicomTag(tag.Group, (ushort)(tag.Element >> 8))) is { } creator
            ? new PrivateAttribute(creator, tag.Group, (byte)tag.Element) : null;
}
