using Pipeline.Actors.Dicom;
using SkiaSharp;

namespace Pipeline.Host.Import;

/// <summary>An 8-bit gray image.</summary>
/// <param name="Pixels">Rows × Columns, row-major.</param>
public sealed record GrayImage(int Rows, int Columns, byte[] Pixels)
{
    /// <summary>Larger images are refused before a pixel is allocated (each side).</summary>
    public const int MaxSide = 8192;

    /// <summary>Decodes a PNG or another format that Skia knows; values as stored, without color management.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Outcome<GrayImage> Read(string file)
    {
        using var stream = File.OpenRead(file);
        using var codec = SKCodec.Create(stream);
        if (codec is null)
            return new Fault("no image that can be decoded");
        if (codec.Info.ColorType != SKColorType.Gray8)
            return new Fault($"{codec.Info.ColorType} pixels; only 8-bit gray images are taken");
        if (codec.Info.Width > MaxSide || codec.Info.Height > MaxSide)
            return new Fault($"{codec.Info.Height} × {codec.Info.Width} pixels; at most {MaxSide} a side");
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Gray8, SKAlphaType.Opaque);
        using var bitmap = new SKBitmap(info);
        var result = codec.GetPixels(info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
            return new Fault($"the image is damaged ({result})");
        var pixels = new byte[info.Width * info.Height];
        for (int y = 0; y < info.Height; y++)
            bitmap.GetPixelSpan().Slice(y * bitmap.RowBytes, info.Width).CopyTo(pixels.AsSpan(y * info.Width));
        return new GrayImage(info.Height, info.Width, pixels);
    }
}
