using System.Buffers.Binary;

namespace Pipeline.Actors.Dicom.Pixels.Jpeg;

/// <summary>
/// Lossless JPEG with Huffman coding, process 14 (ITU-T T.81 annex H): all seven predictors, point transform, restart intervals, 2 to 16 bits, components
/// in one scan or each in its own.
/// </summary>
internal sealed class JpegLosslessDecoder
{
    private readonly HuffmanTable?[] _tables = new HuffmanTable?[4];
    private readonly JpegHeader _header;
    private readonly PixelFormat _format;
    private readonly byte[] _output;
    private readonly int _rows, _columns, _sampleBytes;
    private int _restartInterval;

    private JpegLosslessDecoder(JpegHeader header, PixelFormat format)
    {
        _header = header;
        // Samples of up to 8 bits in a 16-bit data set stay 16 bits wide, as they would be stored.
        _format = format with { Planar = false, BitsAllocated = Math.Max(format.BitsAllocated, 8) };
        (_rows, _columns, _sampleBytes) = (format.Rows, format.Columns, _format.SampleBytes);
        _output = new byte[_format.FrameSamples * _sampleBytes];
    }

    public static Outcome<NativePixels> Decode(ReadOnlyMemory<byte> frame, PixelFormat format, JpegHeader header)
    {
        if (header.Mismatch(format) is { } mismatch)
            return mismatch;
        if (header.Precision is < 2 or > 16)
            return new Fault($"Lossless JPEG has 2 to 16 bits a sample, not {header.Precision}.", 0);
        if (header.IsSubsampled)
            return new Fault("Lossless JPEG with subsampled components is not decoded.", 0);
        // A Huffman code has a bit at least, so what the frame may hold follows from its bytes.
        if (format.FrameSamples > 8L * frame.Length)
            return new Fault($"A lossless JPEG frame of {frame.Length} bytes cannot hold {format.FrameSamples} samples.", 0);
        return new JpegLosslessDecoder(header, format).Decode(frame.Span);
    }

    private Outcome<NativePixels> Decode(ReadOnlySpan<byte> stream)
    {
        int decoded = 0;
        for (int at = 2; decoded < _header.Components.Count;)
        {
            if (at + 2 > stream.Length)
                return new Fault("The lossless JPEG stream ends before its scan.", at);
            byte marker = stream[at + 1];
            // Padding, and what a decoder of the scan before left: the next marker is sought.
            if (stream[at] != 0xFF || marker is 0xFF or 0 || JpegMarker.StandsAlone(marker))
            {
                if (marker == JpegMarker.Eoi && stream[at] == 0xFF)
                    return new Fault($"The lossless JPEG stream ends after {decoded} of {_header.Components.Count} components.", at);
                at++;
                continue;
            }
            if (at + 4 > stream.Length)
                return new Fault("A JPEG segment is cut.", at);
            int length = BinaryPrimitives.ReadUInt16BigEndian(stream[(at + 2)..]);
            if (length < 2 || at + 2 + length > stream.Length)
                return new Fault($"JPEG segment {marker:X2} claims {length} bytes, {stream.Length - at - 2} are left.", at);
            ReadOnlySpan<byte> body = stream.Slice(at + 4, length - 2);
            int segment = at;
            at += 2 + length;
            if (marker == JpegMarker.Dht && !ReadTables(body))
                return new Fault("A Huffman table is damaged.", segment);
            if (marker == JpegMarker.Dri && body.Length >= 2)
                _restartInterval = BinaryPrimitives.ReadUInt16BigEndian(body);
            if (marker == JpegMarker.Sos)
            {
                Outcome<int> scan = ReadScan(stream, body, at, ref decoded);
                if (!scan.Ok)
                    return scan.Fault;
                at = scan.Value;
            }
        }
        return new NativePixels(_format, _output);
    }

    private bool ReadTables(ReadOnlySpan<byte> body)
    {
        while (body.Length >= 17)
        {
            int destination = body[0] & 3;
            _tables[destination] = HuffmanTable.Read(body[1..], out int length);
            if (_tables[destination] is null)
                return false;
            body = body[(1 + length)..];
        }
        return true;
    }

    /// <returns>Where the scan's entropy-coded bytes end.</returns>
    private Outcome<int> ReadScan(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> body, int start, ref int decoded)
    {
        int count = body.Length > 0 ? body[0] : 0;
        if (count is < 1 or > 4 || body.Length < 4 + 2 * count)
            return new Fault("The scan header is cut.", start);
        int[] components = new int[count];
        var tables = new HuffmanTable[count];
        for (int i = 0; i < count; i++)
        {
            byte id = body[1 + 2 * i];
            components[i] = IndexOf(id);
            if (components[i] < 0 || components.AsSpan(0, i).Contains(components[i]))
                return new Fault($"The scan names component {id}, which the frame does not have once.", start);
            if (_tables[(body[2 + 2 * i] >> 4) & 3] is not { } table)
                return new Fault($"Component {id} has no Huffman table.", start);
            tables[i] = table;
        }
        int predictor = body[1 + 2 * count], transform = body[3 + 2 * count] & 15;
        if (predictor is < 1 or > 7 || transform >= _header.Precision)
            return new Fault($"Predictor {predictor} with point transform {transform} is no lossless scan.", start);
        if (_restartInterval % _columns != 0)
            return new Fault($"A restart interval of {_restartInterval} is no whole number of rows of {_columns}.", start);
        decoded += count;
        var reader = new LosslessBitReader(stream[start..]);
        int row = ReadRows(ref reader, components, tables, predictor, transform);
        return row < _rows ? new Fault($"The lossless scan is damaged or ends in row {row} of {_rows}.", start + reader.Position) : start + reader.Position;
    }

    /// <returns>The row in which decoding failed, or the number of rows.</returns>
    private int ReadRows(ref LosslessBitReader reader, int[] components, HuffmanTable[] tables, int predictor, int transform)
    {
        int count = components.Length, width = _columns * count, first = 1 << (_header.Precision - transform - 1);
        int rowsBetween = _restartInterval / _columns;
        // Sample x of component c lies at x · count + c; left of a row and above the first there is nothing to predict from (H.1.2.1).
        ushort[] above = new ushort[width], current = new ushort[width];
        for (int row = 0; row < _rows; row++)
        {
            bool begins = row == 0;
            if (rowsBetween > 0 && row > 0 && row % rowsBetween == 0)
            {
                if (!reader.Restart())
                    return row;
                begins = true;
            }
            for (int c = 0; c < count; c++)
            {
                int difference = reader.ReadDifference(tables[c]);
                if (difference == int.MinValue)
                    return row;
                current[c] = (ushort)((begins ? first : above[c]) + difference);
            }
            bool read = count == 1
                ? ReadRow(ref reader, tables[0], begins ? 1 : predictor, above, current)
                : ReadRow(ref reader, tables, begins ? 1 : predictor, above, current);
            if (!read || reader.Exhausted)
                return row;
            Store(current, row, components, transform);
            (above, current) = (current, above);
        }
        return _rows;
    }

    private static bool ReadRow(ref LosslessBitReader reader, HuffmanTable table, int predictor, ushort[] above, ushort[] current)
    {
        int left = current[0], upperLeft = above[0];
        for (int i = 1; i < current.Length; i++)
        {
            int upper = above[i];
            int difference = reader.ReadDifference(table);
            if (difference == int.MinValue)
                return false;
            left = (ushort)(Predict(predictor, left, upper, upperLeft) + difference);
            upperLeft = upper;
            current[i] = (ushort)left;
        }
        return true;
    }

    private static bool ReadRow(ref LosslessBitReader reader, HuffmanTable[] tables, int predictor, ushort[] above, ushort[] current)
    {
        int count = tables.Length;
        for (int i = count; i < current.Length; i += count)
        {
            for (int c = i; c < i + count; c++)
            {
                int difference = reader.ReadDifference(tables[c - i]);
                if (difference == int.MinValue)
                    return false;
                current[c] = (ushort)(Predict(predictor, current[c - count], above[c], above[c - count]) + difference);
            }
        }
        return true;
    }

    /// <summary>Table H.1: a, b and c are the samples to the left, above, and above to the left.</summary>
    private static int Predict(int predictor, int a, int b, int c) => predictor switch
    {
        1 => a,
        2 => b,
        3 => c,
        4 => a + b - c,
        5 => a + ((b - c) >> 1),
        6 => b + ((a - c) >> 1),
        _ => (a + b) >> 1,
    };

    private void Store(ushort[] row, int y, int[] components, int transform)
    {
        int samples = _format.Samples, count = components.Length;
        Span<byte> line = _output.AsSpan(y * _columns * samples * _sampleBytes, _columns * samples * _sampleBytes);
        if (_sampleBytes == 2 && samples == 1 && transform == 0 && BitConverter.IsLittleEndian)
        {
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(row.AsSpan()).CopyTo(line);
            return;
        }
        for (int c = 0; c < count; c++)
        {
            int at = components[c] * _sampleBytes, stride = samples * _sampleBytes;
            for (int i = c; i < row.Length; i += count, at += stride)
            {
                int value = row[i] << transform;
                line[at] = (byte)value;
                if (_sampleBytes > 1)
                    line[at + 1] = (byte)(value >> 8);
            }
        }
    }

    private int IndexOf(byte id)
    {
        for (int i = 0; i < _header.Components.Count; i++)
        {
            if (_header.Components[i].Id == id)
                return i;
        }
        return -1;
    }
}
