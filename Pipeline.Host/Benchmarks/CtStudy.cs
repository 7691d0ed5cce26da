using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Host.Benchmarks;

/// <summary>Synthetic CT slices of 512 × 512 × 16 bits as files, a folder for each association.</summary>
internal sealed class CtStudy
{
    private const int Side = 512;

    private CtStudy(IReadOnlyList<string> folders, long dataSetBytes) => (Folders, DataSetBytes) = (folders, dataSetBytes);

    public IReadOnlyList<string> Folders { get; }

    /// <summary>Of one slice, as C-STORE carries it.</summary>
    public long DataSetBytes { get; }

    public static CtStudy Write(string folder, int associations, int slices)
    {
        var random = new Random(5);
        short[] pixels = new short[Side * Side];
        long bytes = 0;
        string[] folders = [.. Enumerable.Range(0, associations).Select(a => Directory.CreateDirectory(Path.Combine(folder, $"{a}")).FullName)];
        for (int a = 0; a < associations; a++)
        {
            for (int slice = 0; slice < slices; slice++)
            {
                for (int i = 0; i < pixels.Length; i++)
                    pixels[i] = (short)((i / Side + i % Side + slice) % 1024 + random.Next(64));
                DicomDataSet dataSet = Slice(a, slice, MemoryMarshal.AsBytes(pixels.AsSpan()).ToArray());
                bytes = DicomWriter.WriteDataSet(dataSet, TransferSyntax.ExplicitLittle).Length;
                // On the disk before anything is measured, so that it is not written out beside that.
                using SafeFileHandle file = File.OpenHandle(Path.Combine(folders[a], $"{slice:D4}.dcm"), FileMode.Create, FileAccess.Write);
                RandomAccess.Write(file, DicomWriter.WriteFile(dataSet), 0);
                RandomAccess.FlushToDisk(file);
            }
        }
        return new CtStudy(folders, bytes);
    }

    private static DicomDataSet Slice(int series, int slice, byte[] pixels) => new DicomDataSet()
        .Set(DicomTags.SopClassUid, SopClasses.CT)
        .Set(DicomTags.SopInstanceUid, string.Create(CultureInfo.InvariantCulture, $"1.2.826.0.1.3680043.9.7.{series}.{slice}"))
        .Set(DicomTags.StudyDate, "20240101")
        .Set(DicomTags.Modality, "CT")
        .Set(DicomTags.PatientId, $"BENCH-{series}")
        .Set(DicomTags.BodyPartExamined, "CHEST")
        .Set(DicomTags.StudyInstanceUid, $"1.2.826.0.1.3680043.9.7.{series}")
        .Set(DicomTags.SeriesInstanceUid, $"1.2.826.0.1.3680043.9.7.{series}.1000000")
        .Set(DicomTags.InstanceNumber, slice.ToString(CultureInfo.InvariantCulture))
        .Set(DicomTags.SamplesPerPixel, (ushort)1)
        .Set(DicomTags.PhotometricInterpretation, "MONOCHROME2")
        .Set(DicomTags.Rows, (ushort)Side)
        .Set(DicomTags.Columns, (ushort)Side)
        .Set(DicomTags.BitsAllocated, (ushort)16)
        .Set(DicomTags.BitsStored, (ushort)12)
        .Set(DicomTags.HighBit, (ushort)11)
        .Set(DicomTags.PixelRepresentation, (ushort)0)
        .Set(DicomTags.PixelData, DicomVR.OW, pixels);
}
