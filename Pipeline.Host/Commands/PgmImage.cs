using System.Buffers.Binary;
using System.Text;

namespace Pipeline.Host.Commands;

/// <summary>The 16-bit Portable GrayMap (Netpbm, pgm(5)): magic P5, width, height, largest value, then the samples, most significant byte first.</summary>
internal static class PgmImage
{
    /// <param name="pixels">Height × Width, row-major, 0 … 65535.</param>
    public static byte[] Encode(int height, int width, ReadOnlySpan<ushort> pixels)
    {
        byte[] header = Encoding.ASCII.GetBytes(string.Create(null, $"P5\n{width} {height}\n{ushort.MaxValue}\n"));
        byte[] image = new byte[header.Length + 2 * pixels.Length];
        header.CopyTo(image, 0);
        for (int i = 0; i < pixels.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(image.AsSpan(header.Length + 2 * i), pixels[i]);
        return image;
    }
}
