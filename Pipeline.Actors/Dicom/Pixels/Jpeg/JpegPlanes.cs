using System.Runtime.CompilerServices;
using JpegLibrary;

namespace Pipeline.Actors.Dicom.Pixels.Jpeg;

/// <summary>
/// Takes decoded blocks, keeps each component at the resolution it is coded in, and upsamples as libjpeg does: a triangle filter for 2:1, which is what
/// other DICOM decoders give, replication otherwise. Values are clamped to the precision, as overshoot of the transform would wrap.
/// </summary>
internal sealed class JpegPlanes : JpegBlockOutputWriter
{
    private readonly ushort[][] _planes;
    private readonly int[] _widths, _heights, _across, _down;
    private readonly int _rows, _columns, _maximum;
    private readonly long[] _written;

    public JpegPlanes(int rows, int columns, JpegHeader header, int across, int down)
    {
        (_rows, _columns, _maximum) = (rows, columns, (1 << header.Precision) - 1);
        _across = [.. header.Components.Select(c => across / c.Horizontal)];
        _down = [.. header.Components.Select(c => down / c.Vertical)];
        _widths = [.. _across.Select(factor => (columns + factor - 1) / factor)];
        _heights = [.. _down.Select(factor => (rows + factor - 1) / factor)];
        _planes = [.. _widths.Zip(_heights, (width, height) => new ushort[width * height])];
        _written = new long[_planes.Length];
    }

    /// <summary>Every sample of every component was written at least once.</summary>
    public bool Complete => _written.Zip(_planes, (count, plane) => count >= plane.Length).All(whole => whole);

    /// <summary>The library replicates subsampled components to full size; one of the copies is kept.</summary>
    public override void WriteBlock(ref short blockRef, int componentIndex, int x, int y)
    {
        int across = _across[componentIndex], down = _down[componentIndex], width = _widths[componentIndex];
        ushort[] plane = _planes[componentIndex];
        int endX = Math.Min(8, _columns - x), endY = Math.Min(8, _rows - y);
        for (int v = 0; v < endY; v += down)
        {
            int to = (y + v) / down * width + x / across;
            ref short line = ref Unsafe.Add(ref blockRef, 8 * v);
            for (int u = 0; u < endX; u += across)
                plane[to++] = (ushort)Math.Clamp((int)Unsafe.Add(ref line, u), 0, _maximum);
        }
        if (endX > 0 && endY > 0)
            _written[componentIndex] += (long)((endX + across - 1) / across) * ((endY + down - 1) / down);
    }

    /// <summary>Rows × columns × components, little endian, pixel by pixel.</summary>
    /// <param name="sampleBytes">1 or 2 or more.</param>
    public byte[] Interleave(int sampleBytes)
    {
        int samples = _planes.Length, stride = samples * sampleBytes;
        byte[] output = new byte[_rows * _columns * stride];
        for (int c = 0; c < samples; c++)
        {
            ushort[] plane = Upsample(c);
            int to = c * sampleBytes;
            for (int i = 0; i < plane.Length; i++, to += stride)
            {
                output[to] = (byte)plane[i];
                if (sampleBytes > 1)
                    output[to + 1] = (byte)(plane[i] >> 8);
            }
        }
        return output;
    }

    private ushort[] Upsample(int component)
    {
        ushort[] plane = _planes[component];
        int width = _widths[component], height = _heights[component];
        return (_across[component], _down[component]) switch
        {
            (1, 1) => plane,
            (2, 1) when width > 2 => JpegUpsampling.Across(plane, width, height, _columns),
            (2, 2) when width > 2 => JpegUpsampling.Both(plane, width, height, _columns, _rows),
            _ => JpegUpsampling.Replicate(plane, width, _columns, _rows, _across[component], _down[component]),
        };
    }
}
