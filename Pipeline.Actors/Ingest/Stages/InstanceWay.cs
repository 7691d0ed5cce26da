using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Dicom.Pixels;
using Pipeline.Actors.Ingest.Spool;
using static Pipeline.Actors.Ingest.Stages.InstanceOutcome;

namespace Pipeline.Actors.Ingest.Stages;

/// <summary>
/// The way of one instance, a pure function of its bytes, its route and the site key: parse, eligibility, de-identify, decode, preprocess, quality gate.
/// Behind de-identification only the clean data set is looked at.
/// </summary>
public sealed class InstanceWay(IDicomToolkit toolkit, SiteKey key, DicomReadLimits limits)
{
    /// <summary>Images smaller than this on a side hold too little to learn from (pixels).</summary>
    public const int MinimumSide = 16;

    private static readonly string[] BurnedInModalities = ["US", "SC", "XA", "RF", "IVUS", "ES"];

    public InstanceOutcome Run(SpoolRecord record, ChainRoute? route)
    {
        if (route is null)
            return new Quarantined(Why.NoRoute, "No chain is routed under this AE title any more.");
        if (record.Conflict)
            return new Quarantined(Why.Conflict, "The SOP Instance UID was held already with other content.");
        var syntax = TransferSyntax.Of(record.TransferSyntaxUid);
        Outcome<DicomDataSet> parsed = toolkit.ReadDataSet(record.DataSet, syntax, limits);
        if (!parsed.Ok)
            return new Quarantined(Why.Corrupt, parsed.Fault.ToString());
        return Eligible(parsed.Value, route) ?? Prepare(parsed.Value, syntax, route);
    }

    private static InstanceOutcome? Eligible(DicomDataSet dataSet, ChainRoute route)
    {
        if (!dataSet.Contains(DicomTags.PixelData))
            return new OutOfScope(Why.NoPixels);
        if (route.Modality.Length > 0 && dataSet.Text(DicomTags.Modality) != route.Modality)
            return new OutOfScope(Why.Modality);
        if (route.BodyPart.Length > 0 && !route.BodyPart.Equals(dataSet.Text(DicomTags.BodyPartExamined), StringComparison.OrdinalIgnoreCase))
            return new OutOfScope(Why.BodyPart);
        if (dataSet.Int(DicomTags.SamplesPerPixel) is > 1 || dataSet.Text(DicomTags.PhotometricInterpretation) == "PALETTE COLOR")
            return new OutOfScope(Why.Color);
        if (dataSet.Int(DicomTags.NumberOfFrames) is > 1)
            return new OutOfScope(Why.MultiFrame);
        // Header flags about burned-in text are not reliable where it is usual, so those kinds wait for a person whatever the flag says.
        if (dataSet.Text(DicomTags.BurnedInAnnotation) == "YES" || BurnedInModalities.Contains(dataSet.Text(DicomTags.Modality))
            || SopClasses.IsSecondaryCapture(dataSet.Text(DicomTags.SopClassUid) ?? ""))
            return new Quarantined(Why.BurnedIn, "This kind of image may carry text in its pixels.");
        return dataSet.Text(DicomTags.PatientId) is null || dataSet.Text(DicomTags.SopInstanceUid) is null
            ? new Quarantined(Why.NoIdentity, "Without a patient id the split by patient would not hold.")
            : null;
    }

    private InstanceOutcome Prepare(DicomDataSet original, TransferSyntax syntax, ChainRoute route)
    {
        string id = key.Pseudonym(PseudonymKind.Instance, original.Text(DicomTags.SopInstanceUid)!);
        string accession = original.Text(DicomTags.AccessionNumber) is { } number ? key.Pseudonym(PseudonymKind.Accession, number) : "";
        DicomDataSet clean = Deidentifier.Apply(original, key);

        Outcome<NativeFrame> frame = toolkit.DecodeFrame(clean, syntax, 0);
        if (!frame.Ok)
            return new Quarantined(Why.Undecodable, frame.Fault.ToString());
        if (frame.Value.Rows < MinimumSide || frame.Value.Columns < MinimumSide)
            return new Quarantined(Why.TooSmall, $"{frame.Value.Rows} × {frame.Value.Columns} pixels; at least {MinimumSide} a side.");
        Outcome<double[]> gray = GrayscaleTransform.Apply(frame.Value, clean);
        if (!gray.Ok)
            return new Quarantined(Why.Undecodable, gray.Fault.ToString());

        double[] sized = Resampler.Resize(gray.Value, frame.Value.Rows, frame.Value.Columns, route.Height, route.Width);
        ushort[] pixels = Array.ConvertAll(sized, value => (ushort)Math.Clamp(Math.Floor(value + .5f), 0, ushort.MaxValue));
        if (pixels.AsSpan().IndexOfAnyExcept(pixels[0]) < 0)
            return new Quarantined(Why.Constant, "Every pixel has the same value in the image's window.");
        return new Image(id, clean.Text(DicomTags.PatientId)!, accession, route.Height, route.Width, pixels);
    }
}
