using Pipeline.Actors.Dicom.DataSets;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Dicom;

/// <summary>What we write, judged by dciodvfy (Debian package dicom3tools), which checks encoding and object definition.</summary>
public sealed class DciodvfyTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_secondary_capture_image_with_a_sequence_is_without_error()
    {
        if (!Tool.Exists("dciodvfy"))
        {
            output.WriteLine("PEER MISSING: dciodvfy is not installed (Debian package dicom3tools); this is NOT CHECKED.");
            return;
        }
        using var folder = new TestFolder();
        string path = TestImages.Write(folder.Path, SecondaryCapture());
        (int exit, string text) = await Tool.RunAsync("dciodvfy", path);
        output.WriteLine(text);
        Assert.Equal(0, exit);
        Assert.DoesNotContain("Error", text, StringComparison.Ordinal);
    }

    /// <summary>PS3.3 A.8.1, odd lengths of text and UIDs among it.</summary>
    private static DicomDataSet SecondaryCapture() => new DicomDataSet()
        .Set(DicomTags.ImageType, "DERIVED\\SECONDARY")
        .Set(DicomTags.SopClassUid, "1.2.840.10008.5.1.4.1.1.7")
        .Set(DicomTags.SopInstanceUid, "2.25.47111")
        .Set(DicomTags.StudyDate, "20260101")
        .Set(DicomTags.StudyTime, "101500")
        .Set(DicomTags.AccessionNumber, "")
        .Set(DicomTags.Modality, "OT")
        .Set(DicomTags.ConversionType, "WSD")
        .Set(DicomTags.Manufacturer, "NONE1")
        .Set(DicomTags.ReferringPhysicianName, "")
        .Set(DicomTags.ReferencedImageSequence,
        [
            new DicomDataSet().Set(DicomTags.ReferencedSopClassUid, "1.2.840.10008.5.1.4.1.1.7").Set(DicomTags.ReferencedSopInstanceUid, "2.25.471"),
        ])
        .Set(DicomTags.PatientName, "PHANTOM^ONE")
        .Set(DicomTags.PatientId, "P47")
        .Set(DicomTags.PatientBirthDate, "")
        .Set(DicomTags.PatientSex, "O")
        .Set(DicomTags.StudyInstanceUid, "2.25.4")
        .Set(DicomTags.SeriesInstanceUid, "2.25.47")
        .Set(DicomTags.StudyId, "1")
        .Set(DicomTags.SeriesNumber, "1")
        .Set(DicomTags.InstanceNumber, "1")
        .Set(DicomTags.PatientOrientation, "")
        .Set(DicomTags.Laterality, "")
        .Set(DicomTags.SamplesPerPixel, 1)
        .Set(DicomTags.PhotometricInterpretation, "MONOCHROME2")
        .Set(DicomTags.Rows, 3)
        .Set(DicomTags.Columns, 3)
        .Set(DicomTags.BitsAllocated, 8)
        .Set(DicomTags.BitsStored, 8)
        .Set(DicomTags.HighBit, 7)
        .Set(DicomTags.PixelRepresentation, 0)
        .Set(DicomTags.PixelData, DicomVR.OB, new byte[] { 0, 1, 2, 3, 4, 5, 6, 7, 8 });
}
