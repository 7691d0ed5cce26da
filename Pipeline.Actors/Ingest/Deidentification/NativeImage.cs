using System.Text;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>An image without compression: what may be blackened.</summary>
public static class NativeImage
{
    /// <summary>All frames together (bytes).</summary>
    private const long MaxBytes = 1L << 30;

    /// <summary>The data set itself where it is not compressed; a fault where the syntax or the color space has no uncompressed form here.</summary>
    public static Outcome<DicomDataSet> Of(DicomDataSet dataSet, TransferSyntax syntax, IDicomToolkit toolkit)
    {
        if (dataSet.Find(DicomTags.PixelData) is not { Fragments: not null })
            return dataSet;
        Outcome<PixelFormat> declared = PixelFormat.Read(dataSet);
        if (!declared.Ok)
            return declared.Fault;
        long length = declared.Value.FrameSamples * declared.Value.SampleBytes * declared.Value.Frames;
        if (length > MaxBytes)
            return new Fault($"Uncompressed the pixels have {length} bytes, more than the limit of {MaxBytes}.");
        using var pixels = new MemoryStream();
        PixelFormat format = declared.Value;
        for (int frame = 0; frame < declared.Value.Frames; frame++)
        {
            Outcome<NativePixels> decoded = toolkit.DecodePixels(dataSet, syntax, frame);
            if (!decoded.Ok)
                return decoded.Fault;
            format = decoded.Value.Format;
            if (format.BitsAllocated < 8 || decoded.Value.Bytes.Length != format.FrameSamples * format.SampleBytes || NameOf(format.Photometric) is null
                || (format.Photometric is Photometric.YbrFull or Photometric.YbrFull422 && format.BitsAllocated != 8))
                return new Fault("The color space of the compressed pixels has no uncompressed form that can be blackened.");
            pixels.Write(format.Photometric is Photometric.YbrFull or Photometric.YbrFull422 ? Rgb(decoded.Value) : decoded.Value.Bytes.Span);
        }
        var native = new DicomDataSet();
        foreach (DicomElement element in dataSet.Elements)
            native.Set(element);
        if (format.Samples > 1)
            native.Set(DicomTags.PlanarConfiguration, 0).Set(DicomTags.PhotometricInterpretation, DicomVR.CS, Encoding.ASCII.GetBytes(NameOf(format.Photometric)!));
        return native
            .Set(DicomTags.BitsAllocated, (ushort)format.BitsAllocated).Set(DicomTags.BitsStored, (ushort)format.BitsStored)
            .Set(DicomTags.HighBit, (ushort)format.HighBit)
            .Set(DicomTags.PixelData, format.BitsAllocated == 8 ? DicomVR.OB : DicomVR.OW, pixels.ToArray());
    }

    /// <summary>Of uncompressed pixels with a chrominance pair for each; null where there is no such form.</summary>
    private static string? NameOf(Photometric photometric) => photometric switch
    {
        Photometric.Monochrome1 => "MONOCHROME1",
        Photometric.Monochrome2 => "MONOCHROME2",
        Photometric.PaletteColor => "PALETTE COLOR",
        Photometric.Rgb or Photometric.YbrIct or Photometric.YbrRct or Photometric.YbrFull or Photometric.YbrFull422 => "RGB",
        _ => null,
    };

    /// <summary>From luminance and chrominance of ITU-R BT.601, 8 bits each (PS3.3 C.7.6.3.1.2): not every IOD takes those uncompressed.</summary>
    private static byte[] Rgb(NativePixels pixels)
    {
        byte[] rgb = pixels.Bytes.ToArray();
        for (int i = 0; i + 3 <= rgb.Length; i += 3)
        {
            double y = rgb[i], blue = rgb[i + 1] - 128, red = rgb[i + 2] - 128;
            (rgb[i], rgb[i + 1], rgb[i + 2]) = (Byte(y + 1.402 * red), Byte(y - .344136 * blue - .714136 * red), Byte(y + 1.772 * blue));
        }
        return rgb;

        static byte Byte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
    }
}
