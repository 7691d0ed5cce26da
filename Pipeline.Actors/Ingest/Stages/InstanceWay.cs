using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;
using Pipeline.Actors.Ingest.Deidentification;
using Pipeline.Actors.Ingest.Spool;
using static Pipeline.Actors.Ingest.Stages.InstanceOutcome;

namespace Pipeline.Actors.Ingest.Stages;

/// <summary>
/// The way of one instance, a pure function of its bytes, its route and the site key: parse, eligibility, de-identify, decode, preprocess, quality gate.
/// Behind de-identification only the clean data set is looked at.
/// </summary>
public sealed class InstanceWay(IDicomToolkit toolkit, SiteKey key, DeidentificationProfile profile, DicomReadLimits limits)
{
    /// <summary>Images smaller than this on a side hold too little to learn from (pixels).</summary>
    public const int MinimumSide = 16;

    private readonly Deidentifier _deidentifier = new(key, profile);
    private readonly PixelTextPolicy _pixelText = new(profile);

    public InstanceOutcome Run(SpoolRecord record, ChainRoute? route)
    {
        if (route is null)
            return new Quarantined(Why.NoRoute, "No chain is routed under this AE title any more.");
        if (record.Conflict)
            return new Quarantined(Why.Conflict, "The SOP Instance UID was held already with other content.");
        var syntax = TransferSyntax.Of(record.TransferSyntaxUid);
        if (!record.Whole)
            return RunLarge(DicomReader.ReadHead(record.DataSet, syntax, DicomTags.PixelData), record.Length, route);
        Outcome<DicomDataSet> parsed = toolkit.ReadDataSet(record.DataSet, syntax, limits);
        if (!parsed.Ok)
            return new Quarantined(Why.Corrupt, parsed.Fault.ToString());
        if (!parsed.Value.Contains(DicomTags.PixelData))
            return new OutOfScope(Why.NoPixels);
        return Eligible(parsed.Value, route) ?? Prepare(parsed.Value, syntax, route);
    }

    /// <summary>An instance that is never whole in memory: judged by its header, and kept for a person where that lets it in.</summary>
    private static InstanceOutcome RunLarge(DicomDataSet header, long length, ChainRoute route) => Eligible(header, route)
        ?? new Quarantined(Why.TooLarge, $"{length >> 20} MiB; images above {SpoolRecord.MaxWholeBytes >> 20} MiB are not decoded.");

    private static InstanceOutcome? Eligible(DicomDataSet dataSet, ChainRoute route)
    {
        if (route.Modality.Length > 0 && dataSet.Text(DicomTags.Modality) != route.Modality)
            return new OutOfScope(Why.Modality);
        if (route.BodyPart.Length > 0 && !route.BodyPart.Equals(dataSet.Text(DicomTags.BodyPartExamined), StringComparison.OrdinalIgnoreCase))
            return new OutOfScope(Why.BodyPart);
        if (dataSet.Int(DicomTags.SamplesPerPixel) is > 1 || dataSet.Text(DicomTags.PhotometricInterpretation) == "PALETTE COLOR")
            return new OutOfScope(Why.Color);
        if (dataSet.Int(DicomTags.NumberOfFrames) is > 1)
            return new OutOfScope(Why.MultiFrame);
        return dataSet.Text(DicomTags.PatientId) is null || dataSet.Text(DicomTags.SopInstanceUid) is null
            ? new Quarantined(Why.NoIdentity, "Without a patient id the split by patient would not hold.")
            : null;
    }

    private InstanceOutcome Prepare(DicomDataSet original, TransferSyntax syntax, ChainRoute route)
    {
        (PixelRule? rule, string? doubt) = _pixelText.Judge(original);
        if (doubt is not null)
            return new Quarantined(Why.BurnedIn, doubt);
        string id = key.Pseudonym(PseudonymKind.Instance, original.Text(DicomTags.SopInstanceUid)!);
        string accession = original.Text(DicomTags.AccessionNumber) is { } number ? key.Pseudonym(PseudonymKind.Accession, number) : "";
        string patient = key.Pseudonym(PseudonymKind.Patient, original.Text(DicomTags.PatientId)!);
        DicomDataSet clean = _deidentifier.Apply(original).DataSet;

        Outcome<NativeFrame> frame = toolkit.DecodeFrame(clean, syntax, 0);
        if (!frame.Ok)
            return new Quarantined(Why.Undecodable, frame.Fault.ToString());
        if (frame.Value.Rows < MinimumSide || frame.Value.Columns < MinimumSide)
            return new Quarantined(Why.TooSmall, $"{frame.Value.Rows} × {frame.Value.Columns} pixels; at least {MinimumSide} a side.");
        NativeFrame shown = PixelBlackout.Apply(frame.Value, rule?.Blacken ?? []);
        Outcome<double[]> gray = GrayscaleTransform.Apply(shown, clean);
        if (!gray.Ok)
            return new Quarantined(Why.Undecodable, gray.Fault.ToString());

        double[] sized = Resampler.Resize(gray.Value, frame.Value.Rows, frame.Value.Columns, route.Height, route.Width);
        ushort[] pixels = Array.ConvertAll(sized, value => (ushort)Math.Clamp(Math.Floor(value + .5f), 0, ushort.MaxValue));
        if (pixels.AsSpan().IndexOfAnyExcept(pixels[0]) < 0)
            return new Quarantined(Why.Constant, "Every pixel has the same value in the image's window.");
        return new Image(id, patient, accession, route.Height, route.Width, pixels);
    }
}
