using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Host.Demo.Phantoms;

namespace Pipeline.Host.Demo;

/// <summary>A phantom as its scanner would send it: Digital X-Ray Image Storage – For Presentation (PS3.3 A.26), 12 bits in 16, uncompressed.</summary>
public static class PhantomDicom
{
    public const string SopClass = "1.2.840.10008.5.1.4.1.1.1.1";

    public static DicomDataSet Wrap(PhantomImage image, string hospital, string finding)
    {
        string study = $"{hospital}/{finding}/{image.PatientId}";
        byte[] pixels = MemoryMarshal.AsBytes(image.Pixels.AsSpan()).ToArray();
        return new DicomDataSet()
            .Set(DicomTags.SopClassUid, SopClass)
            .Set(DicomTags.SopInstanceUid, InstanceUid(image, hospital, finding))
            .Set(DicomTags.StudyDate, "20240101")
            .Set(DicomTags.Modality, "DX")
            .Set(DicomTags.InstitutionName, hospital)
            .Set(DicomTags.PatientName, $"PHANTOM^{image.PatientId}")
            .Set(DicomTags.PatientId, image.PatientId)
            .Set(DicomTags.BodyPartExamined, "CHEST")
            .Set(DicomTags.StudyInstanceUid, Uid(study))
            .Set(DicomTags.SeriesInstanceUid, Uid(study + "/1"))
            .Set(DicomTags.InstanceNumber, image.Number.ToString(CultureInfo.InvariantCulture))
            .Set(DicomTags.SamplesPerPixel, (ushort)1)
            .Set(DicomTags.PhotometricInterpretation, image.Monochrome1 ? "MONOCHROME1" : "MONOCHROME2")
            .Set(DicomTags.Rows, (ushort)image.Rows)
            .Set(DicomTags.Columns, (ushort)image.Columns)
            .Set(DicomTags.BitsAllocated, (ushort)16)
            .Set(DicomTags.BitsStored, (ushort)PhantomImage.BitsStored)
            .Set(DicomTags.HighBit, (ushort)(PhantomImage.BitsStored - 1))
            .Set(DicomTags.PixelRepresentation, (ushort)0)
            .Set(DicomTags.PixelData, DicomVR.OW, pixels);
    }

    public static string InstanceUid(PhantomImage image, string hospital, string finding) =>
        Uid($"{hospital}/{finding}/{image.PatientId}/{image.Number}");

    /// <summary>2.25 and 128 bits (PS3.5 B.2).</summary>
    private static string Uid(string name) =>
        "2.25." + new System.Numerics.BigInteger(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16), isUnsigned: true, isBigEndian: true);
}
