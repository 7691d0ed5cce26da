using System.Runtime.InteropServices;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>Small images with planted names and identifiers.</summary>
internal static class TestImages
{
    public const string PlantedName = "MUSTERMANN^ERIKA";
    public const string PlantedId = "PLANTED-4711";
    public const string PlantedAccession = "ACC-PLANTED-99";
    public static readonly string[] Planted = ["MUSTERMANN", "ERIKA", PlantedId, PlantedAccession, "KREISKRANKENHAUS", "19630512"];

    /// <summary>Rows × columns, 16 bits allocated; pixel i is <paramref name="pixel"/>(i).</summary>
    public static DicomDataSet Gray(
        string uid, int rows, int columns, Func<int, int> pixel, string patient = PlantedId, string modality = "CR", ushort bitsStored = 12,
        string photometric = "MONOCHROME2", bool signed = false)
    {
        short[] pixels = [.. Enumerable.Range(0, rows * columns).Select(i => unchecked((short)pixel(i)))];
        return new DicomDataSet()
            .Set(DicomTags.ImageType, "ORIGINAL\\PRIMARY")
            .Set(DicomTags.SopClassUid, SopClasses.ComputedRadiography)
            .Set(DicomTags.SopInstanceUid, uid)
            .Set(DicomTags.StudyDate, "20260101")
            .Set(DicomTags.AccessionNumber, PlantedAccession)
            .Set(DicomTags.Modality, modality)
            .Set(DicomTags.InstitutionName, "KREISKRANKENHAUS")
            .Set(DicomTags.PatientName, PlantedName)
            .Set(DicomTags.PatientId, patient)
            .Set(DicomTags.PatientBirthDate, "19630512")
            .Set(DicomTags.PatientSex, "F")
            .Set(DicomTags.BodyPartExamined, "CHEST")
            .Set(DicomTags.StudyInstanceUid, uid + ".1")
            .Set(DicomTags.SeriesInstanceUid, uid + ".2")
            .Set(DicomTags.StudyId, "1")
            .Set(DicomTags.SeriesNumber, "1")
            .Set(DicomTags.InstanceNumber, "1")
            .Set(DicomTags.SamplesPerPixel, 1)
            .Set(DicomTags.PhotometricInterpretation, photometric)
            .Set(DicomTags.Rows, (ushort)rows)
            .Set(DicomTags.Columns, (ushort)columns)
            .Set(DicomTags.BitsAllocated, 16)
            .Set(DicomTags.BitsStored, bitsStored)
            .Set(DicomTags.HighBit, (ushort)(bitsStored - 1))
            .Set(DicomTags.PixelRepresentation, signed ? (ushort)1 : (ushort)0)
            .Set(DicomTags.PixelData, DicomVR.OW, MemoryMarshal.AsBytes(pixels.AsSpan()).ToArray());
    }

    public static string Write(string folder, DicomDataSet dataSet)
    {
        string path = Path.Combine(folder, dataSet.Text(DicomTags.SopInstanceUid) + ".dcm");
        File.WriteAllBytes(path, DicomWriter.WriteFile(dataSet));
        return path;
    }
}
