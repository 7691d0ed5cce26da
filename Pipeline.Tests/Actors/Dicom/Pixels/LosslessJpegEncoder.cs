using System.Buffers.Binary;

namespace Pipeline.Tests.Actors.Dicom.Pixels;

/// <summary>A plain encoder of ITU-T T.81 process 14, to make what no tool at hand makes: every predictor, precision and restart interval.</summary>
internal sealed class LosslessJpegEncoder(int rows, int columns, int precision, int predictor, int pointTransform = 0, int rowsPerRestart = 0)
{
    private readonly List<byte> _output = [];
    private uint _bits;
    private int _count;

    /// <param name="components">Each rows × columns values below 2^precision.</param>
    /// <param name="interleaved">All in one scan, or a scan each.</param>
    public byte[] Encode(int[][] components, bool interleaved = true)
    {
        _output.AddRange([0xFF, 0xD8, 0xFF, 0xC3]);
        Word(8 + 3 * components.Length);
        _output.Add((byte)precision);
        Word(rows);
        Word(columns);
        _output.Add((byte)components.Length);
        for (int c = 0; c < components.Length; c++)
            _output.AddRange([(byte)(c + 1), 0x11, 0]);
        // 17 categories: fifteen codes of five bits, and two of six.
        _output.AddRange([0xFF, 0xC4]);
        Word(2 + 17 + 17);
        _output.AddRange([0, 0, 0, 0, 0, 15, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. Enumerable.Range(0, 17).Select(i => (byte)i)]);
        if (rowsPerRestart > 0)
        {
            _output.AddRange([0xFF, 0xDD]);
            Word(4);
            Word(rowsPerRestart * columns);
        }
        if (interleaved)
            Scan(components, 0);
        else
            for (int c = 0; c < components.Length; c++)
                Scan([components[c]], c);
        _output.AddRange([0xFF, 0xD9]);
        return [.. _output];
    }

    private void Scan(int[][] components, int first)
    {
        _output.AddRange([0xFF, 0xDA]);
        Word(6 + 2 * components.Length);
        _output.Add((byte)components.Length);
        for (int c = 0; c < components.Length; c++)
            _output.AddRange([(byte)(first + c + 1), 0]);
        _output.AddRange([(byte)predictor, 0, (byte)pointTransform]);
        for (int y = 0; y < rows; y++)
        {
            bool begins = y == 0 || (rowsPerRestart > 0 && y % rowsPerRestart == 0);
            if (begins && y > 0)
            {
                Flush();
                _output.AddRange([0xFF, (byte)(0xD0 + (y / rowsPerRestart - 1) % 8)]);
            }
            for (int x = 0; x < columns; x++)
            {
                foreach (int[] plane in components)
                    Difference(plane[y * columns + x] >> pointTransform, Prediction(plane, x, y, begins));
            }
        }
        Flush();
    }

    private int Prediction(int[] plane, int x, int y, bool begins)
    {
        int At(int dx, int dy) => plane[(y - dy) * columns + x - dx] >> pointTransform;
        if (begins)
            return x == 0 ? 1 << (precision - pointTransform - 1) : At(1, 0);
        if (x == 0)
            return At(0, 1);
        (int a, int b, int c) = (At(1, 0), At(0, 1), At(1, 1));
        return predictor switch
        {
            1 => a,
            2 => b,
            3 => c,
            4 => a + b - c,
            5 => a + ((b - c) >> 1),
            6 => b + ((a - c) >> 1),
            _ => (a + b) >> 1,
        };
    }

    private void Difference(int value, int prediction)
    {
        int difference = (short)(value - prediction);
        int category = difference == short.MinValue ? 16 : 32 - int.LeadingZeroCount(Math.Abs(difference));
        if (category < 15)
            Bits((uint)category, 5);
        else
            Bits((uint)(category - 15 + 30), 6);
        if (category is > 0 and < 16)
            Bits((uint)(difference > 0 ? difference : difference + (1 << category) - 1), category);
    }

    private void Bits(uint value, int count)
    {
        for (int i = count - 1; i >= 0; i--)
        {
            _bits = (_bits << 1) | ((value >> i) & 1);
            if (++_count == 8)
                Byte();
        }
    }

    private void Byte()
    {
        _output.Add((byte)_bits);
        if ((byte)_bits == 0xFF)
            _output.Add(0);
        (_bits, _count) = (0, 0);
    }

    private void Flush()
    {
        while (_count > 0)
            Bits(1, 1);
    }

    private void Word(int value)
    {
        byte[] word = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(word, (ushort)value);
        _output.AddRange(word);
    }
}
