using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Tests.Actors.Dicom.Pixels;

/// <summary>Data sets around code streams.</summary>
internal static class EncapsulatedImages
{
    /// <summary>One frame in one fragment, without an offset table.</summary>
    public static DicomDataSet Of(int rows, int columns, int samples, int allocated, byte[] stream, string? photometric = null) =>
        Of(rows, columns, samples, allocated, 1, photometric, ReadOnlyMemory<byte>.Empty, stream);

    /// <param name="table">The basic offset table.</param>
    public static DicomDataSet Of(
        int rows, int columns, int samples, int allocated, int frames, string? photometric, ReadOnlyMemory<byte> table, params byte[][] fragments) =>
        new DicomDataSet()
            .Set(DicomTags.SopClassUid, "1.2.840.10008.5.1.4.1.1.7")
            .Set(DicomTags.SopInstanceUid, "1.2.3")
            .Set(DicomTags.SamplesPerPixel, (ushort)samples)
            .Set(DicomTags.PhotometricInterpretation, photometric ?? (samples == 1 ? "MONOCHROME2" : "RGB"))
            .Set(DicomTags.NumberOfFrames, frames.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Set(DicomTags.Rows, (ushort)rows)
            .Set(DicomTags.Columns, (ushort)columns)
            .Set(DicomTags.BitsAllocated, (ushort)allocated)
            .Set(DicomTags.BitsStored, (ushort)allocated)
            .Set(DicomTags.HighBit, (ushort)(allocated - 1))
            .Set(DicomTags.PixelRepresentation, (ushort)0)
            .Set(new DicomElement(
                DicomTags.PixelData, DicomVR.OB, ReadOnlyMemory<byte>.Empty, null, [table, .. fragments.Select(f => (ReadOnlyMemory<byte>)f)]));
}
