namespace Pipeline.Actors.Dicom.Pixels.Jpeg;

/// <summary>A Huffman table of a lossless scan (ITU-T T.81 annex C, F.2.2.3): codes of up to 16 bits for difference categories 0–16.</summary>
internal sealed class HuffmanTable
{
    public const int LookupBits = 9;

    private readonly int[] _maxCode = new int[18];
    private readonly int[] _offset = new int[17];
    private readonly byte[] _values;

    private HuffmanTable(byte[] values) => _values = values;

    /// <summary>By the next <see cref="LookupBits"/> bits: length of the code in the high byte, category in the low one; 0 where the code is longer.</summary>
    public ushort[] Lookup { get; } = new ushort[1 << LookupBits];

    /// <param name="segment">16 counts by length, then the values.</param>
    /// <returns>Null where the counts cannot be codes, or a value is no category.</returns>
    public static HuffmanTable? Read(ReadOnlySpan<byte> segment, out int length)
    {
        int total = 0;
        for (int i = 0; i < 16; i++)
            total += segment[i];
        length = 16 + total;
        if (total is 0 or > 256 || segment.Length < length)
            return null;
        var table = new HuffmanTable(segment.Slice(16, total).ToArray());
        return table.Build(segment[..16]) ? table : null;
    }

    /// <summary>Category of the code that begins the 16 bits, which is longer than <see cref="LookupBits"/>.</summary>
    /// <returns>Length in the high byte, category in the low one; 0 where no code begins so.</returns>
    public int Find(int bits16)
    {
        for (int length = LookupBits + 1; length <= 16; length++)
        {
            int code = bits16 >> (16 - length);
            if (code <= _maxCode[length])
                return (length << 8) | _values[_offset[length] + code];
        }
        return 0;
    }

    private bool Build(ReadOnlySpan<byte> counts)
    {
        int code = 0, index = 0;
        for (int length = 1; length <= 16; length++)
        {
            _offset[length] = index - code;
            for (int i = 0; i < counts[length - 1]; i++, code++, index++)
            {
                if (code >= 1 << length || _values[index] > 16)
                    return false;
                if (length <= LookupBits)
                    Lookup.AsSpan(code << (LookupBits - length), 1 << (LookupBits - length)).Fill((ushort)((length << 8) | _values[index]));
            }
            _maxCode[length] = counts[length - 1] == 0 ? -1 : code - 1;
            code <<= 1;
        }
        return true;
    }
}
