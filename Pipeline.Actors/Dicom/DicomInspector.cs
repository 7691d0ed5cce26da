using System.Runtime.InteropServices;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;

namespace Pipeline.Actors.Dicom;

/// <summary>Looks at files as ingest would: reads the whole data set and decodes every frame.</summary>
public static class DicomInspector
{
    /// <param name="bytes">The whole file.</param>
    public static DicomInspection Inspect(byte[] bytes, DicomReadLimits limits)
    {
        Outcome<DicomFile> file = DicomReader.ReadFile(bytes, limits);
        if (file.Ok)
            return Pixels(Describe(file.Value), file.Value, bytes);
        // The header of a file that is cut in its pixels is still worth showing.
        Outcome<DicomFile> header = DicomReader.ReadHeader(bytes.AsMemory(), limits);
        return (header.Ok ? Describe(header.Value) : new DicomInspection(false)) with
        {
            Valid = false,
            Reason = file.Fault.Message,
            Offset = file.Fault.Offset,
        };
    }

    private static DicomInspection Describe(DicomFile file)
    {
        DicomDataSet dataSet = file.DataSet;
        int? rows = dataSet.Int(DicomTags.Rows);
        return new DicomInspection(true)
        {
            TransferSyntax = file.Syntax.Uid.Length > 0 ? file.Syntax.Uid : null,
            Rows = rows,
            Columns = dataSet.Int(DicomTags.Columns),
            Frames = rows is null ? null : Math.Max(1, dataSet.Int(DicomTags.NumberOfFrames) ?? 1),
            BitsAllocated = dataSet.Int(DicomTags.BitsAllocated),
        };
    }

    private static DicomInspection Pixels(DicomInspection described, DicomFile file, byte[] bytes)
    {
        if (file.DataSet.Find(DicomTags.PixelData) is null && file.DataSet.Find(DicomTags.FloatPixelData) is null
            && file.DataSet.Find(DicomTags.DoubleFloatPixelData) is null)
            return described;
        Outcome<FrameDecoder> decoder = FrameDecoder.Open(file.DataSet, file.Syntax);
        if (!decoder.Ok)
            return Undecoded(described, file, decoder.Fault, PixelsAt(file, bytes));
        using var digest = new PixelDigest();
        long at = 0;
        for (int frame = 0; frame < decoder.Value.Format.Frames; frame++)
        {
            ReadOnlyMemory<byte> source = decoder.Value.IsCompressed ? decoder.Value.CodeStream(frame) : decoder.Value.Uncompressed;
            Outcome<NativePixels> pixels = decoder.Value.Decode(frame);
            if (!pixels.Ok)
                return Undecoded(described, file, pixels.Fault, (OffsetIn(bytes, source) ?? PixelsAt(file, bytes)) + (pixels.Fault.Offset ?? 0));
            digest.Append(pixels.Value);
            at += decoder.Value.Format.NativeFrameBits;
        }
        // What lies behind the last frame is part of the value, and mostly its padding.
        if (!decoder.Value.IsCompressed && decoder.Value.Uncompressed.Length > (at + 7) / 8)
            digest.Append(decoder.Value.Uncompressed[(int)((at + 7) / 8)..]);
        return described with { PixelSha256 = digest.Finish() };
    }

    /// <summary>
    /// Uncompressed pixels that are not as described make a file malformed, and are digested as they are. Of compressed ones the data set is sound, and the
    /// reason says what is wrong with the code stream, or which decoder is missing.
    /// </summary>
    private static DicomInspection Undecoded(DicomInspection described, DicomFile file, Fault fault, long? offset)
    {
        if (file.DataSet.Find(DicomTags.PixelData) is not { Fragments: null } pixels)
            return described with { Reason = fault.Message, Offset = offset };
        described = described with { Valid = false, Reason = fault.Message, Offset = offset };
        if (pixels.Value.IsEmpty)
            return described;
        using var digest = new PixelDigest();
        digest.Append(pixels.Value);
        return described with { PixelSha256 = digest.Finish() };
    }

    private static long? PixelsAt(DicomFile file, byte[] bytes) =>
        file.DataSet.Find(DicomTags.PixelData) is { } pixels
            ? OffsetIn(bytes, pixels.Fragments is [var first, ..] ? first : pixels.Value)
            : null;

    private static long? OffsetIn(byte[] bytes, ReadOnlyMemory<byte> part) =>
        MemoryMarshal.TryGetArray(part, out ArraySegment<byte> segment) && ReferenceEquals(segment.Array, bytes) ? segment.Offset : null;
}
