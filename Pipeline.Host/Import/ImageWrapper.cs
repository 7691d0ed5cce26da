using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Host.Import;

/// <summary>
/// Wraps an 8-bit image as the DICOM object that a PACS would send: Computed Radiography, MR or Secondary Capture image storage (PS3.3 A.2, A.4,
/// A.8), MONOCHROME2, 12 bits in 16 with value × 16. Derived, without pixel spacing. The label is in no header.
/// </summary>
public sealed class ImageWrapper(TaskFolder task)
{
    private const int Shift = 4, BitsStored = 12;

    /// <summary>The URL namespace of RFC 9562.</summary>
    private static readonly byte[] UrlNamespace = Convert.FromHexString("6ba7b8119dad11d180b400c04fd430c8");

    public string SopClass => task.IsSecondaryCapture ? SopClasses.SecondaryCapture : task.Modality switch
    {
        "MR" => SopClasses.MR,
        "CR" or "DX" => SopClasses.ComputedRadiography,
        _ => SopClasses.SecondaryCapture,
    };

    /// <summary>The SOP Instance UID of a file: it depends on task and path alone.</summary>
    public string InstanceUid(LabelledFile file) => Uid($"{task.Name}/{file.File}");

    /// <param name="number">Instance Number (0020,0013), from 1 in each patient's series.</param>
    public DicomDataSet Wrap(LabelledFile file, GrayImage image, int number)
    {
        var pixels = new byte[2 * image.Pixels.Length];
        for (int i = 0; i < image.Pixels.Length; i++)
            (pixels[2 * i], pixels[2 * i + 1]) = ((byte)(image.Pixels[i] << Shift), (byte)(image.Pixels[i] >> (8 - Shift)));
        string patient = $"{task.Name}/{file.Institution}/{file.Patient}";
        var dataSet = new DicomDataSet()
            .Set(DicomTags.ImageType, "DERIVED\\SECONDARY")
            .Set(DicomTags.SopClassUid, SopClass)
            .Set(DicomTags.SopInstanceUid, InstanceUid(file))
            .Set(DicomTags.StudyDate, "")
            .Set(DicomTags.StudyTime, "")
            .Set(DicomTags.AccessionNumber, "")
            .Set(DicomTags.Modality, task.Modality)
            .Set(DicomTags.Manufacturer, "")
            .Set(DicomTags.InstitutionName, file.Institution)
            .Set(DicomTags.ReferringPhysicianName, "")
            .Set(DicomTags.PatientName, file.Patient)
            .Set(DicomTags.PatientId, file.Patient)
            .Set(DicomTags.PatientBirthDate, "")
            .Set(DicomTags.PatientSex, "")
            .Set(DicomTags.BodyPartExamined, task.Modality == "MR" ? "HEAD" : "CHEST")
            .Set(DicomTags.StudyInstanceUid, Uid(patient))
            .Set(DicomTags.SeriesInstanceUid, Uid(patient + "/1"))
            .Set(DicomTags.StudyId, "")
            .Set(DicomTags.SeriesNumber, "1")
            .Set(DicomTags.InstanceNumber, number.ToString(CultureInfo.InvariantCulture))
            .Set(DicomTags.PatientOrientation, "")
            .Set(DicomTags.SamplesPerPixel, (ushort)1)
            .Set(DicomTags.PhotometricInterpretation, "MONOCHROME2")
            .Set(DicomTags.Rows, checked((ushort)image.Rows))
            .Set(DicomTags.Columns, checked((ushort)image.Columns))
            .Set(DicomTags.BitsAllocated, (ushort)16)
            .Set(DicomTags.BitsStored, (ushort)BitsStored)
            .Set(DicomTags.HighBit, (ushort)(BitsStored - 1))
            .Set(DicomTags.PixelRepresentation, (ushort)0)
            .Set(DicomTags.PixelData, DicomVR.OW, pixels);
        return SopClass switch
        {
            SopClasses.MR => dataSet
                .Set(new DicomTag(0x00180020), "RM").Set(new DicomTag(0x00180021), "NONE").Set(new DicomTag(0x00180022), "")
                .Set(new DicomTag(0x00180023), "").Set(DicomTags.RepetitionTime, "").Set(DicomTags.EchoTime, "")
                .Set(new DicomTag(0x00180091), ""),
            SopClasses.SecondaryCapture => dataSet.Set(DicomTags.ConversionType, "WSD"),
            _ => dataSet.Set(DicomTags.ViewPosition, ""),
        };
    }

    /// <summary>2.25 and a name-based UUID (PS3.5 B.2; RFC 9562, version 5) as one decimal number.</summary>
    internal static string Uid(string name)
    {
        // UUID version 5 is defined over SHA-1; nothing here depends on its strength.
#pragma warning disable CA5350
        byte[] uuid = SHA1.HashData([.. UrlNamespace, .. Encoding.UTF8.GetBytes("pipeline:" + name)])[..16];
#pragma warning restore CA5350
        uuid[6] = (byte)(uuid[6] & 0x0f | 0x50);
        uuid[8] = (byte)(uuid[8] & 0x3f | 0x80);
        return "2.25." + new BigInteger(uuid, isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture);
    }
}
