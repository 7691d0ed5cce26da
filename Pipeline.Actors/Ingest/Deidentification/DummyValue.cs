using System.Globalization;
using System.Text;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>Values that replace identifying ones: valid for their VR (PS3.5 6.2), the same for everybody.</summary>
internal static class DummyValue
{
    public const string Text = "REMOVED";

    private const string DateFormat = "yyyyMMdd";

    /// <summary>Not for sequences and UIDs, which are cleaned and mapped instead.</summary>
    public static ReadOnlyMemory<byte> Of(DicomVR vr) => vr switch
    {
        DicomVR.DA => "19000101"u8.ToArray(),
        DicomVR.DT => "19000101000000"u8.ToArray(),
        DicomVR.TM => "000000"u8.ToArray(),
        DicomVR.AS => "000Y"u8.ToArray(),
        DicomVR.DS or DicomVR.IS => "0 "u8.ToArray(),
        DicomVR.UR => "urn:removed "u8.ToArray(),
        DicomVR.PN => Encoding.ASCII.GetBytes(Text + "^"),
        _ when vr.IsText() => Encoding.ASCII.GetBytes(Text + " "),
        _ => new byte[Math.Max(2, vr.NumberSize())],
    };

    /// <summary>Dates of DA and DT values moved by whole days, the time of day left; null where a value is no date.</summary>
    /// <param name="text">Values separated by backslashes.</param>
    public static string? Shift(string text, int days)
    {
        string[] values = text.Split('\\');
        for (int i = 0; i < values.Length; i++)
        {
            string value = values[i].Trim();
            if (value.Length == 0)
                continue;
            if (value.Length < DateFormat.Length
                || !DateTime.TryParseExact(value[..DateFormat.Length], DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime date)
                || date < DateTime.MinValue.AddDays(Math.Abs(days) + 1))
                return null;
            values[i] = date.AddDays(days).ToString(DateFormat, CultureInfo.InvariantCulture) + value[DateFormat.Length..];
        }
        return string.Join('\\', values);
    }
}
