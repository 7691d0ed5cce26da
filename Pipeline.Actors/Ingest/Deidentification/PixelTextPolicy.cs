using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>
/// Whether an image may hold text that identifies. The header's own flag is believed when it says yes and not when it says no: it is absent or wrong just
/// where text is usual, so whole kinds of images are doubted until a rule speaks of them.
/// </summary>
public sealed class PixelTextPolicy(DeidentificationProfile profile)
{
    /// <summary>Ultrasound, captured screens and paper, angiography and fluoroscopy, endoscopy, photographs, documents, slides with their labels.</summary>
    private static readonly string[] DoubtedModalities =
        ["US", "IVUS", "SC", "OT", "XA", "RF", "ES", "XC", "GM", "DOC", "ECG", "EPS", "HC", "PX", "OP", "SM"];

    /// <summary>Words of Image Type (0008,0008) behind which modalities keep reports and screens.</summary>
    private static readonly string[] DoubtedTypes = ["SCREEN SAVE", "SCREENSHOT", "REPORT", "DOSE", "PROTOCOL", "LABEL", "OVERVIEW"];

    /// <summary>Structured reports, dose reports among them, and encapsulated documents: made of text, below the root of the storage classes.</summary>
    private static readonly string[] Documents = ["88.", "104."];

    /// <returns>The rule that admits the image; null with a reason where there is doubt and none does, null without where there is none.</returns>
    public (PixelRule? Rule, string? Doubt) Judge(DicomDataSet original)
    {
        if (!profile.Options.HasFlag(DeidentificationOption.CleanPixelData))
            return (null, null);
        string sopClass = original.Text(DicomTags.SopClassUid) ?? "";
        if (Documents.Any(kind => sopClass.StartsWith(SopClasses.StorageRoot + kind, StringComparison.Ordinal)))
            return (null, "A report or document is text throughout.");
        if (!original.Contains(DicomTags.PixelData))
            return (null, null);
        PixelRule? rule = profile.PixelRules.FirstOrDefault(rule => rule.Fits(original));
        return (rule, rule is null ? DoubtOf(original, sopClass) : null);
    }

    private static string? DoubtOf(DicomDataSet original, string sopClass)
    {
        if (original.Text(DicomTags.BurnedInAnnotation) == "YES")
            return "Burned In Annotation (0028,0301) says that text stands in the pixels.";
        if (SopClasses.IsSecondaryCapture(sopClass))
            return "A secondary capture may carry text in its pixels.";
        if (DoubtedModalities.Contains(original.Text(DicomTags.Modality)))
            return "This modality may write text into the pixels.";
        string type = original.Text(DicomTags.ImageType) ?? "";
        return DoubtedTypes.Any(word => type.Contains(word, StringComparison.OrdinalIgnoreCase)) ? "Image Type (0008,0008) speaks of a screen or a report." : null;
    }
}
