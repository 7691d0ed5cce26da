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

    private static readonly DicomTag BehindPatientId = new(0x0010, 0x0021);

    private readonly Deidentifier _deidentifier = new(key, profile);
    private readonly PixelTextPolicy _pixelText = new(profile);

    /// <param name="released">A person looked at it: doubt about text in its pixels and a conflict with another image do not hold it back.</param>
    public InstanceOutcome Run(SpoolRecord record, ChainRoute? route, bool released = false)
    {
        if (route is null)
            return new Quarantined(Why.NoRoute, "No chain is routed under this AE title any more.");
        if (record.Conflict && !released)
            return new Quarantined(Why.Conflict, "The SOP Instance UID was held already with other content.");
        var syntax = TransferSyntax.Of(record.TransferSyntaxUid);
        if (record.Whole)
            return RunWhole(record.DataSet, syntax, route, released);
        DicomDataSet header = DicomReader.ReadHead(record.DataSet, syntax, DicomTags.PixelData, record.Length, out bool complete);
        if (record.Rest is null)
            return RunLarge(header, record.Length, route);
        // What is of no use to the task costs no more than its header.
        if (complete && Eligibility.Judge(header, route) is { } outOfScope)
            return outOfScope;
        SpoolRecord whole = record.Complete();
        try
        {
            return RunWhole(whole.DataSet, syntax, route, released);
        }
        finally
        {
            whole.Release();
        }
    }

    /// <summary>Pseudonym of the patient that an instance is of; empty where it names none or cannot be read.</summary>
    public string PatientOf(SpoolRecord? record) =>
        record is not null
        && DicomReader.ReadHead(record.DataSet, TransferSyntax.Of(record.TransferSyntaxUid), BehindPatientId).Text(DicomTags.PatientId) is { } patient
            ? key.Pseudonym(PseudonymKind.Patient, patient) : "";

    private InstanceOutcome RunWhole(ReadOnlyMemory<byte> dataSet, TransferSyntax syntax, ChainRoute route, bool released)
    {
        Outcome<DicomDataSet> parsed = toolkit.ReadDataSet(dataSet, syntax, limits);
        if (!parsed.Ok)
            return new Quarantined(Why.Corrupt, parsed.Fault.ToString());
        if (!parsed.Value.Contains(DicomTags.PixelData))
            return new OutOfScope(Why.NoPixels);
        DicomDataSet original = parsed.Value;
        if (Eligibility.Judge(original, route) is { } outOfScope)
            return outOfScope;
        if (original.Text(DicomTags.PatientId) is null || original.Text(DicomTags.SopInstanceUid) is null)
            return new Quarantined(Why.NoIdentity, "Without a patient id the split by patient would not hold.");
        return Prepare(original, syntax, route, released);
    }

    /// <summary>An instance that is never whole in memory: judged by its header, and kept for a person where that lets it in.</summary>
    private static InstanceOutcome RunLarge(DicomDataSet header, long length, ChainRoute route) => (InstanceOutcome?)Eligibility.Judge(header, route)
        ?? new Quarantined(Why.TooLarge, $"{length >> 20} MiB; images above {SpoolRecord.MaxWholeBytes >> 20} MiB are not decoded.");

    private InstanceOutcome Prepare(DicomDataSet original, TransferSyntax syntax, ChainRoute route, bool released)
    {
        (PixelRule? rule, string? doubt) = _pixelText.Judge(original);
        if (doubt is not null && !released)
            return new Quarantined(Why.BurnedIn, doubt);
        int label = -1;
        if (route.OwnLabels is { } labels)
        {
            if (labels.Of(original) is not { } own)
                return new Quarantined(Why.NoLabel, $"The attribute {labels.Tag} that holds the label is absent or empty.");
            if (own < 0)
                return new Quarantined(Why.LabelValue, $"The attribute {labels.Tag} has a value that no class is named for.");
            label = own;
        }
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
        return new Image(id, patient, accession, Series(original), PositionOf(original), label, route.Height, route.Width, pixels);
    }

    private string Series(DicomDataSet original) =>
        original.Text(DicomTags.SeriesInstanceUid) is { } series ? key.Pseudonym(PseudonymKind.Series, series) : "";

    /// <summary>Along the normal of the slices (mm, PS3.3 C.7.6.2.1.1) where position and orientation are known, else by location or number.</summary>
    private static double PositionOf(DicomDataSet original)
    {
        double?[] row = [.. Enumerable.Range(0, 3).Select(i => original.Number(DicomTags.ImageOrientationPatient, i))];
        double?[] column = [.. Enumerable.Range(3, 3).Select(i => original.Number(DicomTags.ImageOrientationPatient, i))];
        double?[] position = [.. Enumerable.Range(0, 3).Select(i => original.Number(DicomTags.ImagePositionPatient, i))];
        double? along = 0;
        for (int i = 0; i < 3; i++)
            along += position[i] * (row[(i + 1) % 3] * column[(i + 2) % 3] - row[(i + 2) % 3] * column[(i + 1) % 3]);
        return along ?? original.Number(DicomTags.SliceLocation) ?? original.Number(DicomTags.InstanceNumber) ?? 0;
    }
}
