using System.Buffers.Binary;

namespace Pipeline.Actors.Dicom.Pixels.Jpeg;

/// <summary>Entropy-coded bits, stuffed zeros taken out (ITU-T T.81 F.2.2.5). Behind a marker or the end come zeros, which are counted.</summary>
internal ref struct LosslessBitReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private ulong _bits;
    private int _count;
    private int _next;
    private int _missing;

    /// <summary>More bits were taken than the scan has.</summary>
    public readonly bool Exhausted => _missing * 8 > _count;

    /// <summary>Where the next marker or byte lies.</summary>
    public readonly int Position => _next;

    /// <summary>The difference that the table's code and the bits behind it say, or <see cref="int.MinValue"/> where there is no such code (H.1.2.2).</summary>
    public int ReadDifference(HuffmanTable table)
    {
        if (_count < 32)
            Fill();
        int found = table.Lookup[(int)(_bits >> (64 - HuffmanTable.LookupBits))];
        if (found == 0)
        {
            found = table.Find((int)(_bits >> 48));
            if (found == 0)
                return int.MinValue;
        }
        int length = found >> 8, category = found & 0xFF;
        _bits <<= length;
        _count -= length;
        if (category == 0)
            return 0;
        if (category == 16)
            return 32768;
        int value = (int)(_bits >> (64 - category));
        _bits <<= category;
        _count -= category;
        return value < 1 << (category - 1) ? value - (1 << category) + 1 : value;
    }

    /// <summary>Drops the bits left and steps over a restart marker.</summary>
    public bool Restart()
    {
        (_bits, _count, _missing) = (0, 0, 0);
        while (_next + 1 < _bytes.Length && _bytes[_next] == 0xFF && _bytes[_next + 1] == 0xFF)
            _next++;
        if (_next + 1 >= _bytes.Length || _bytes[_next] != 0xFF || _bytes[_next + 1] is < JpegMarker.Rst0 or > JpegMarker.Rst7)
            return false;
        _next += 2;
        return true;
    }

    private void Fill()
    {
        // Four bytes without 0xFF among them need no look at each.
        if (_next + 4 <= _bytes.Length)
        {
            uint word = BinaryPrimitives.ReadUInt32BigEndian(_bytes[_next..]);
            if (((word & 0x80808080) & (~word - 0x01010101)) == 0)
            {
                _bits |= (ulong)word << (32 - _count);
                _count += 32;
                _next += 4;
                return;
            }
        }
        while (_count <= 56)
        {
            int value = 0;
            if (_next < _bytes.Length)
            {
                value = _bytes[_next];
                if (value != 0xFF)
                {
                    _next++;
                }
                else if (_next + 1 < _bytes.Length && _bytes[_next + 1] == 0)
                {
                    _next += 2;
                }
                else
                {
                    value = 0;
                    _missing++;
                }
            }
            else
            {
                _missing++;
            }
            _bits |= (ulong)(uint)value << (56 - _count);
            _count += 8;
        }
    }
}
