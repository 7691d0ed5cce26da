using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Ingest.Stages;

/// <summary>
/// De-identification by PS3.15 E.1, stricter than the Basic Profile: only the attributes named here survive, so a tag nobody thought of, a private one
/// or a free text cannot. Identities become pseudonyms under the site key, dates go, times go.
/// </summary>
public static class Deidentifier
{
    /// <summary>DCM 113100, Basic Application Confidentiality Profile (PS3.16 CID 7050).</summary>
    private const string MethodCode = "113100";

    private static readonly HashSet<DicomTag> Kept =
    [
        DicomTags.ImageType, DicomTags.SopClassUid, DicomTags.Modality, DicomTags.ConversionType, DicomTags.PresentationIntentType,
        DicomTags.BodyPartExamined, DicomTags.ViewPosition, DicomTags.Laterality, DicomTags.ImageLaterality, DicomTags.PatientOrientation,
        DicomTags.PatientPosition, DicomTags.SliceThickness, DicomTags.Kvp, DicomTags.RepetitionTime, DicomTags.EchoTime,
        DicomTags.InversionTime, DicomTags.MagneticFieldStrength, DicomTags.FlipAngle, DicomTags.SpacingBetweenSlices, DicomTags.Exposure,
        DicomTags.ExposureTime, DicomTags.XRayTubeCurrent, DicomTags.DistanceSourceToDetector, DicomTags.ImagerPixelSpacing,
        DicomTags.ImagePositionPatient, DicomTags.ImageOrientationPatient, DicomTags.SliceLocation, DicomTags.InstanceNumber,
        DicomTags.SeriesNumber, DicomTags.SamplesPerPixel, DicomTags.PhotometricInterpretation, DicomTags.PlanarConfiguration,
        DicomTags.NumberOfFrames, DicomTags.Rows, DicomTags.Columns, DicomTags.PixelSpacing, DicomTags.PixelAspectRatio,
        DicomTags.BitsAllocated, DicomTags.BitsStored, DicomTags.HighBit, DicomTags.PixelRepresentation, DicomTags.SmallestImagePixelValue,
        DicomTags.LargestImagePixelValue, DicomTags.PixelPaddingValue, DicomTags.PixelPaddingRangeLimit, DicomTags.BurnedInAnnotation,
        DicomTags.PixelIntensityRelationship, DicomTags.PixelIntensityRelationshipSign, DicomTags.WindowCenter, DicomTags.WindowWidth,
        DicomTags.RescaleIntercept, DicomTags.RescaleSlope, DicomTags.RescaleType, DicomTags.VoiLutFunction,
        DicomTags.LossyImageCompression, DicomTags.PresentationLutShape, DicomTags.LutDescriptor, DicomTags.LutData,
        DicomTags.ModalityLutType, DicomTags.ModalityLutSequence, DicomTags.VoiLutSequence, DicomTags.PixelData,
    ];

    private static readonly HashSet<DicomTag> Uids =
    [
        DicomTags.SopInstanceUid, DicomTags.StudyInstanceUid, DicomTags.SeriesInstanceUid, DicomTags.FrameOfReferenceUid,
    ];

    /// <summary>A new data set without identity; the input is left as it is.</summary>
    public static DicomDataSet Apply(DicomDataSet original, SiteKey key)
    {
        DicomDataSet clean = Keep(original);
        foreach (DicomTag tag in Uids)
        {
            if (original.Text(tag) is { } uid)
                clean.Set(tag, key.Uid(uid));
        }
        if (original.Text(DicomTags.PatientId) is { } patient)
        {
            // LO and PN hold 64 characters: a pseudonym fills one exactly.
            string pseudonym = key.Pseudonym(PseudonymKind.Patient, patient);
            clean.Set(DicomTags.PatientId, pseudonym).Set(DicomTags.PatientName, pseudonym);
        }
        return clean
            .Set(DicomTags.PatientIdentityRemoved, "YES")
            .Set(DicomTags.DeidentificationMethod, "Keeps a list of attributes; HMAC pseudonyms")
            .Set(DicomTags.DeidentificationMethodCodeSequence,
            [
                new DicomDataSet().Set(DicomTags.CodeValue, MethodCode).Set(DicomTags.CodingSchemeDesignator, "DCM")
                    .Set(DicomTags.CodeMeaning, "Basic Application Confidentiality Profile"),
            ]);
    }

    private static DicomDataSet Keep(DicomDataSet original)
    {
        var clean = new DicomDataSet();
        foreach (DicomElement element in original.Elements)
        {
            if (Kept.Contains(element.Tag))
                clean.Set(element.Items is { } items ? element with { Items = [.. items.Select(Keep)] } : element);
        }
        return clean;
    }
}
