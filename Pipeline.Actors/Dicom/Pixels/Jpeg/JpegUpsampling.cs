namespace Pipeline.Actors.Dicom.Pixels.Jpeg;

/// <summary>Chrominance to the resolution of luminance. Sample centers are where JFIF puts them, so a new sample lies 1/4 from one old and 3/4 from the next.</summary>
internal static class JpegUpsampling
{
    /// <summary>2:1 across: 3/4 of the nearer sample and 1/4 of the other; rounding alternates, so that it has no bias.</summary>
    public static ushort[] Across(ushort[] plane, int width, int height, int columns)
    {
        ushort[] output = new ushort[columns * height];
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<ushort> line = plane.AsSpan(y * width, width);
            for (int x = 0; x < columns; x++)
            {
                int near = x >> 1, far = (x & 1) == 0 ? near - 1 : near + 1;
                output[y * columns + x] = far < 0 || far >= width
                    ? line[near]
                    : (ushort)((3 * line[near] + line[far] + ((x & 1) == 0 ? 1 : 2)) >> 2);
            }
        }
        return output;
    }

    /// <summary>2:1 both ways: the same filter down and then across, rounded once.</summary>
    public static ushort[] Both(ushort[] plane, int width, int height, int columns, int rows)
    {
        ushort[] output = new ushort[columns * rows];
        int[] sums = new int[width];
        for (int y = 0; y < rows; y++)
        {
            int near = y >> 1, far = Math.Clamp((y & 1) == 0 ? near - 1 : near + 1, 0, height - 1);
            for (int x = 0; x < width; x++)
                sums[x] = 3 * plane[near * width + x] + plane[far * width + x];
            for (int x = 0; x < columns; x++)
            {
                int from = x >> 1, other = (x & 1) == 0 ? from - 1 : from + 1;
                output[y * columns + x] = (ushort)(other < 0 || other >= width
                    ? (4 * sums[from] + ((x & 1) == 0 ? 8 : 7)) >> 4
                    : (3 * sums[from] + sums[other] + ((x & 1) == 0 ? 8 : 7)) >> 4);
            }
        }
        return output;
    }

    public static ushort[] Replicate(ushort[] plane, int width, int columns, int rows, int across, int down)
    {
        ushort[] output = new ushort[columns * rows];
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++)
                output[y * columns + x] = plane[y / down * width + x / across];
        }
        return output;
    }
}
