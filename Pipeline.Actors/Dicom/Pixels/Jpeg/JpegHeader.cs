using System.Buffers.Binary;

namespace Pipeline.Actors.Dicom.Pixels.Jpeg;

/// <summary>What stands in a JPEG stream before its first scan (ITU-T T.81 annex B).</summary>
/// <param name="Process">Marker of the start of frame.</param>
/// <param name="Precision">Bits a sample.</param>
/// <param name="Components">Identifier, horizontal and vertical sampling factor, quantization table; in the order of the frame header.</param>
/// <param name="HasJfif">APP0 JFIF, so that three components are YCbCr.</param>
/// <param name="AdobeTransform">APP14 Adobe: 0 for RGB, 1 for YCbCr; null without it.</param>
/// <param name="Offset">Of the start of frame marker.</param>
internal sealed record JpegHeader(
    byte Process, int Precision, int Lines, int Columns, IReadOnlyList<JpegComponent> Components, bool HasJfif, int? AdobeTransform,
    int Offset)
{
    public bool IsSubsampled => Components.Any(c => c.Horizontal != Components[0].Horizontal || c.Vertical != Components[0].Vertical);

    public static Outcome<JpegHeader> Read(ReadOnlySpan<byte> stream)
    {
        if (stream.Length < 4 || stream[0] != 0xFF || stream[1] != JpegMarker.Soi)
            return new Fault("The frame does not begin with a JPEG start of image.", 0);
        bool jfif = false;
        int? adobe = null;
        for (int at = 2; at + 4 <= stream.Length;)
        {
            if (stream[at] != 0xFF)
                return new Fault("A JPEG marker is due.", at);
            byte marker = stream[at + 1];
            if (marker == 0xFF || JpegMarker.StandsAlone(marker))
            {
                at += marker == 0xFF ? 1 : 2;
                continue;
            }
            int length = BinaryPrimitives.ReadUInt16BigEndian(stream[(at + 2)..]);
            if (length < 2 || at + 2 + length > stream.Length)
                return new Fault($"JPEG segment {marker:X2} claims {length} bytes, {stream.Length - at - 2} are left.", at);
            ReadOnlySpan<byte> body = stream.Slice(at + 4, length - 2);
            if (JpegMarker.IsStartOfFrame(marker))
                return Frame(marker, body, at, jfif, adobe);
            if (marker == JpegMarker.Sos)
                break;
            jfif |= marker == JpegMarker.App0 && body.StartsWith("JFIF"u8);
            if (marker == JpegMarker.App14 && body.Length >= 12 && body.StartsWith("Adobe"u8))
                adobe = body[11];
            at += 2 + length;
        }
        return new Fault("The JPEG stream has no frame header.", 0);
    }

    /// <summary>Whether the stream holds what the data set describes.</summary>
    public Fault? Mismatch(PixelFormat format)
    {
        if (Lines != 0 && (Lines != format.Rows || Columns != format.Columns))
            return new Fault($"The code stream has {Lines} × {Columns} pixels, the data set {format.Rows} × {format.Columns}.", 0);
        if (Components.Count != format.Samples)
            return new Fault($"The code stream has {Components.Count} components, the data set {format.Samples}.", 0);
        return Precision > Math.Max(8, format.BitsAllocated)
            ? new Fault($"The code stream has {Precision} bits a sample, the data set allocates {format.BitsAllocated}.", 0)
            : null;
    }

    private static Outcome<JpegHeader> Frame(byte marker, ReadOnlySpan<byte> body, int at, bool jfif, int? adobe)
    {
        if (body.Length < 6 || body.Length < 6 + 3 * body[5] || body[5] == 0)
            return new Fault("The JPEG frame header is cut.", at);
        var components = new JpegComponent[body[5]];
        for (int i = 0; i < components.Length; i++)
        {
            ReadOnlySpan<byte> c = body[(6 + 3 * i)..];
            components[i] = new JpegComponent(c[0], c[1] >> 4, c[1] & 15, c[2]);
            if (components[i].Horizontal is < 1 or > 4 || components[i].Vertical is < 1 or > 4)
                return new Fault($"Component {c[0]} has sampling factors {c[1] >> 4} × {c[1] & 15}.", at);
        }
        return new JpegHeader(
            marker, body[0], BinaryPrimitives.ReadUInt16BigEndian(body[1..]), BinaryPrimitives.ReadUInt16BigEndian(body[3..]), components, jfif, adobe,
            at);
    }
}
