using System.Globalization;
using System.Runtime.InteropServices;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Host.Benchmarks;

/// <summary>A 512 × 512 × 16 CT slice with a header like a scanner's: some hundred elements, sequences and private groups among them.</summary>
internal static class CtSlice
{
    private const string CtImageStorage = "1.2.840.10008.5.1.4.1.1.2";
    private const int Side = 512;

    public static byte[] Encode(int number)
    {
        string uid = string.Create(CultureInfo.InvariantCulture, $"2.25.4711.{number}");
        short[] pixels = new short[Side * Side];
        var random = new Random(number);
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (short)random.Next(-1024, 3072);
        DicomDataSet slice = new DicomDataSet()
            .Set(DicomTags.SpecificCharacterSet, "ISO_IR 100")
            .Set(DicomTags.ImageType, "ORIGINAL\\PRIMARY\\AXIAL")
            .Set(DicomTags.SopClassUid, CtImageStorage)
            .Set(DicomTags.SopInstanceUid, uid)
            .Set(DicomTags.StudyDate, "20260101").Set(DicomTags.SeriesDate, "20260101").Set(DicomTags.AcquisitionDate, "20260101")
            .Set(DicomTags.ContentDate, "20260101").Set(DicomTags.StudyTime, "101500").Set(DicomTags.SeriesTime, "101501")
            .Set(DicomTags.AcquisitionTime, "101502").Set(DicomTags.ContentTime, "101503")
            .Set(DicomTags.AccessionNumber, "A4711").Set(DicomTags.Modality, "CT")
            .Set(DicomTags.PatientName, "PHANTOM^BENCH").Set(DicomTags.PatientId, "P4711").Set(DicomTags.PatientBirthDate, "19700101")
            .Set(DicomTags.PatientSex, "O").Set(DicomTags.BodyPartExamined, "CHEST").Set(DicomTags.SliceThickness, "1.25")
            .Set(DicomTags.Kvp, "120").Set(DicomTags.ExposureTime, "570").Set(DicomTags.XRayTubeCurrent, "210").Set(DicomTags.Exposure, "5")
            .Set(DicomTags.PatientPosition, "HFS").Set(DicomTags.StudyInstanceUid, "2.25.1").Set(DicomTags.SeriesInstanceUid, "2.25.2")
            .Set(DicomTags.StudyId, "1").Set(DicomTags.SeriesNumber, "2")
            .Set(DicomTags.InstanceNumber, number.ToString(CultureInfo.InvariantCulture))
            .Set(DicomTags.ImagePositionPatient, "-158.135803\\-179.035797\\-75.699997")
            .Set(DicomTags.ImageOrientationPatient, "1.000000\\0.000000\\0.000000\\0.000000\\1.000000\\0.000000")
            .Set(DicomTags.FrameOfReferenceUid, "2.25.3").Set(DicomTags.SliceLocation, "-75.699997")
            .Set(DicomTags.SamplesPerPixel, 1).Set(DicomTags.PhotometricInterpretation, "MONOCHROME2")
            .Set(DicomTags.Rows, Side).Set(DicomTags.Columns, Side).Set(DicomTags.PixelSpacing, "0.661468\\0.661468")
            .Set(DicomTags.BitsAllocated, 16).Set(DicomTags.BitsStored, 16).Set(DicomTags.HighBit, 15).Set(DicomTags.PixelRepresentation, 1)
            .Set(DicomTags.WindowCenter, "40").Set(DicomTags.WindowWidth, "400").Set(DicomTags.RescaleIntercept, "0").Set(DicomTags.RescaleSlope, "1")
            .Set(DicomTags.ReferencedImageSequence, [.. Enumerable.Range(0, 3).Select(i => new DicomDataSet()
                .Set(DicomTags.ReferencedSopClassUid, CtImageStorage)
                .Set(DicomTags.ReferencedSopInstanceUid, uid + "." + i.ToString(CultureInfo.InvariantCulture)))])
            .Set(DicomTags.PixelData, DicomVR.OW, MemoryMarshal.AsBytes(pixels.AsSpan()).ToArray());
        foreach (ushort group in (ushort[])[0x0009, 0x0019, 0x0043])
        {
            slice.Set(new DicomTag(group, 0x0010), DicomVR.LO, "BENCH_01"u8.ToArray());
            for (ushort element = 0x1001; element <= 0x1010; element++)
                slice.Set(new DicomTag(group, element), DicomVR.DS, "12.500000"u8.ToArray());
        }
        return DicomWriter.WriteFile(slice);
    }
}
