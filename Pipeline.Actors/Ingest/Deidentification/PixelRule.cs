using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>
/// A kind of image whose text is known to stand in certain places, or nowhere. Somebody looked at the images of that device; what is known of them is
/// written down here once.
/// </summary>
/// <param name="Name">As the configuration calls it.</param>
/// <param name="Modality">(0008,0060); empty for any.</param>
/// <param name="Manufacturer">(0008,0070) without regard to case, <c>*</c> at the end for a beginning; empty for any.</param>
/// <param name="Model">(0008,1090), likewise.</param>
/// <param name="Rows">(0028,0010); 0 for any.</param>
/// <param name="Columns">(0028,0011); 0 for any.</param>
/// <param name="Blacken">Places to blacken; empty where there is no text.</param>
public sealed record PixelRule(
    string Name, string Modality, string Manufacturer, string Model, int Rows, int Columns, IReadOnlyList<PixelRegion> Blacken)
{
    /// <summary>Whether the rule speaks of this image.</summary>
    public bool Fits(DicomDataSet image) =>
        (Modality.Length == 0 || Modality == image.Text(DicomTags.Modality))
        && Matches(Manufacturer, image.Text(DicomTags.Manufacturer))
        && Matches(Model, image.Text(DicomTags.ManufacturerModelName))
        && (Rows == 0 || Rows == image.Int(DicomTags.Rows))
        && (Columns == 0 || Columns == image.Int(DicomTags.Columns));

    private static bool Matches(string pattern, string? value) => pattern.Length == 0
        || (pattern[^1] == '*'
            ? value?.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase) == true
            : pattern.Equals(value, StringComparison.OrdinalIgnoreCase));
}
