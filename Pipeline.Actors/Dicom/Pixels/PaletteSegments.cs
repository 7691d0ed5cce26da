using System.Buffers.Binary;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>Segmented Palette Color Lookup Table Data (PS3.3 C.7.9.2): discrete, linear and indirect segments.</summary>
internal static class PaletteSegments
{
    private const int Discrete = 0, Linear = 1, Indirect = 2;

    /// <returns>As many entries as the descriptor says, 16 bits each; null where the segments do not give them.</returns>
    public static int[]? Expand(ReadOnlySpan<byte> data, int count, int bits)
    {
        if (bits is not (8 or 16))
            return null;
        int size = bits / 8;
        int[] words = new int[data.Length / size];
        for (int i = 0; i < words.Length; i++)
            words[i] = size == 1 ? data[i] : BinaryPrimitives.ReadUInt16LittleEndian(data[(2 * i)..]);
        var entries = new List<int>(count);
        return Expand(words, 0, int.MaxValue, size, entries, count, indirect: true) && entries.Count == count
            ? Palette.ScaledTo16([.. entries], bits)
            : null;
    }

    private static bool Expand(int[] words, int at, int segments, int size, List<int> entries, int count, bool indirect)
    {
        for (; segments > 0 && at + 1 < words.Length && entries.Count < count; segments--)
        {
            int kind = words[at], length = words[at + 1];
            at += 2;
            switch (kind)
            {
                case Discrete when at + length <= words.Length && entries.Count + length <= count:
                    entries.AddRange(words.AsSpan(at, length));
                    at += length;
                    break;
                case Linear when at < words.Length && entries.Count > 0 && entries.Count + length <= count && length > 0:
                    int from = entries[^1], to = words[at++];
                    for (int i = 1; i <= length; i++)
                        entries.Add(from + (int)Math.Round((double)(to - from) * i / length));
                    break;
                case Indirect when indirect && at + 4 / size <= words.Length:
                    // The offset is in bytes, 32 bits, least significant part first.
                    long offset = 0;
                    for (int i = 4 / size - 1; i >= 0; i--)
                        offset = (offset << (8 * size)) | (uint)words[at + i];
                    at += 4 / size;
                    if (offset / size >= words.Length || !Expand(words, (int)(offset / size), length, size, entries, count, indirect: false))
                        return false;
                    break;
                default:
                    return false;
            }
        }
        return true;
    }
}
