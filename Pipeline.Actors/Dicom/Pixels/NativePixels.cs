namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>One decoded frame as it is stored: little endian, color by pixel (Planar Configuration 0), no color conversion.</summary>
/// <param name="Format">What the bytes are, which a decoder may have changed from what the data set says.</param>
/// <param name="Bytes">Rows × columns × samples, row-major; 1-bit frames packed from the least significant bit.</param>
public sealed record NativePixels(PixelFormat Format, ReadOnlyMemory<byte> Bytes);
