using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels.Jpeg;
using Pipeline.Actors.Dicom.Pixels.Jpeg2000;
using Pipeline.Actors.Dicom.Pixels.JpegLs;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>Frames of a data set, decoded one at a time. Which JPEG a frame is, its own markers say: archives name the wrong syntax often enough.</summary>
public sealed class FrameDecoder
{
    private readonly TransferSyntax _syntax;
    private readonly ReadOnlyMemory<byte> _value;
    private readonly IReadOnlyList<ReadOnlyMemory<byte>>? _frames;

    private FrameDecoder(PixelFormat format, TransferSyntax syntax, ReadOnlyMemory<byte> value, IReadOnlyList<ReadOnlyMemory<byte>>? frames) =>
        (Format, _syntax, _value, _frames) = (format, syntax, value, frames);

    /// <summary>As the data set says; decoded frames may differ in allocation and color.</summary>
    public PixelFormat Format { get; }

    /// <summary>Pixel data as it is stored uncompressed, padding included; empty where it is compressed.</summary>
    public ReadOnlyMemory<byte> Uncompressed => _frames is null ? _value : ReadOnlyMemory<byte>.Empty;

    public bool IsCompressed => _frames is not null;

    /// <summary>The code stream of a frame.</summary>
    /// <exception cref="InvalidOperationException">Pixel data is not compressed.</exception>
    public ReadOnlyMemory<byte> CodeStream(int frame) =>
        (_frames ?? throw new InvalidOperationException("Pixel data is not compressed."))[frame];

    /// <summary>Finds the frames, decodes none.</summary>
    public static Outcome<FrameDecoder> Open(DicomDataSet dataSet, TransferSyntax syntax)
    {
        DicomElement? pixels = dataSet.Find(DicomTags.PixelData) ?? dataSet.Find(DicomTags.FloatPixelData) ?? dataSet.Find(DicomTags.DoubleFloatPixelData);
        if (pixels is null)
            return new Fault("The data set has no pixel data.");
        Outcome<PixelFormat> format = PixelFormat.Read(dataSet);
        if (!format.Ok)
            return format.Fault;
        if (pixels.Fragments is null)
            return new FrameDecoder(format.Value, syntax, pixels.Value, null);
        if (syntax.Encapsulated && !TransferSyntaxes.IsKnown(syntax.Uid))
            return new Fault($"Transfer syntax {syntax.Uid} cannot be decoded here.");
        Outcome<IReadOnlyList<ReadOnlyMemory<byte>>> frames = EncapsulatedFrames.Split(dataSet, format.Value.Frames);
        return frames.Ok ? new FrameDecoder(format.Value, syntax, default, frames.Value) : frames.Fault;
    }

    /// <param name="frame">0-based.</param>
    /// <returns>A fault's offset counts from the first byte of the frame's code stream, or of the uncompressed value.</returns>
    public Outcome<NativePixels> Decode(int frame)
    {
        if (frame < 0 || frame >= Format.Frames)
            return new Fault($"Frame {frame + 1} of {Format.Frames}.");
        return _frames is null ? UncompressedDecoder.Decode(_value, Format, _syntax.BigEndianPixels, frame) : Decompress(_frames[frame]);
    }

    private Outcome<NativePixels> Decompress(ReadOnlyMemory<byte> frame)
    {
        if (Format.BitsAllocated is 12 or 64)
            return new Fault($"Compressed pixels with {Format.BitsAllocated} bits allocated are not decoded.");
        switch (_syntax.Uid)
        {
            case TransferSyntaxes.Rle:
                return RleDecoder.Decode(frame, Format);
            case TransferSyntaxes.DeflatedImageFrame:
                return DeflatedFrameDecoder.Decode(frame, Format);
        }
        if (frame.Span.StartsWith<byte>([0xFF, 0x4F]) || (frame.Length > 8 && frame.Span[4..8].SequenceEqual("jP  "u8)))
            return Jpeg2000Decoder.Decode(frame, Format);
        Outcome<JpegHeader> header = JpegHeader.Read(frame.Span);
        if (!header.Ok)
            return header.Fault;
        return header.Value.Process switch
        {
            JpegMarker.Sof0 or JpegMarker.Sof1 or JpegMarker.Sof2 => JpegDctDecoder.Decode(frame, Format, header.Value),
            JpegMarker.Sof3 => JpegLosslessDecoder.Decode(frame, Format, header.Value),
            JpegMarker.Sof55 => JpegLsDecoder.Decode(frame, Format, header.Value),
            var process => new Fault($"JPEG process {process:X2} (hierarchical or arithmetic coding) is not decoded.", 0),
        };
    }
}
