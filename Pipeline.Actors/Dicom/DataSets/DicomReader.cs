using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>
/// Reads Part 10 files and bare data sets (PS3.5, PS3.10). No length in the stream is believed: values are slices of the bytes present, and
/// what has no such bound has a declared one.
/// </summary>
public static class DicomReader
{
    private const int PreambleLength = 128;

    /// <summary>What a header parse reads at first (bytes): it holds nearly every header, and is read about as fast as a page.</summary>
    private const int HeaderWindow = 16384;

    /// <summary>Reads a Part 10 file; without preamble or meta group the encoding is guessed from the first element.</summary>
    public static Outcome<DicomFile> ReadFile(ReadOnlyMemory<byte> bytes, DicomReadLimits? limits = null)
    {
        limits ??= new DicomReadLimits();
        if (bytes.Length > limits.MaxBytes)
            return new Fault($"The file has {bytes.Length} bytes, more than the limit of {limits.MaxBytes}.");
        return Read(bytes, bytes.Length, limits, stop: null, out _);
    }

    /// <summary>
    /// Reads the elements of a file before its pixel data and no more of the file than that takes: windows from the start, each four times the last.
    /// Values are slices of the window.
    /// </summary>
    public static Outcome<DicomFile> ReadHeader(SafeFileHandle file, DicomReadLimits? limits = null)
    {
        limits ??= new DicomReadLimits();
        long total = RandomAccess.GetLength(file), most = Math.Min(limits.MaxBytes, Array.MaxLength);
        int held = 0;
        byte[] window = [];
        for (long size = HeaderWindow; ; size *= 4)
        {
            byte[] longer = GC.AllocateUninitializedArray<byte>((int)Math.Min(Math.Min(size, total), most));
            window.AsSpan(0, held).CopyTo(longer);
            window = longer;
            for (int read; held < window.Length && (read = RandomAccess.Read(file, window.AsSpan(held), held)) > 0;)
                held += read;
            if (held < window.Length)
                total = held;
            Outcome<DicomFile> header = Read(window.AsMemory(0, held), total, limits, DicomTags.FloatPixelData, out bool starved);
            if (!starved)
                return header;
            if (held == most)
                return new Fault($"The header has more than the limit of {held} bytes.", held);
        }
    }

    /// <summary>Reads the elements before pixel data of a file whose pixel data may be cut.</summary>
    public static Outcome<DicomFile> ReadHeader(ReadOnlyMemory<byte> bytes, DicomReadLimits? limits = null) =>
        Read(bytes, bytes.Length, limits ?? new DicomReadLimits(), DicomTags.FloatPixelData, out _);

    /// <summary>Reads a data set as C-STORE carries it, from <paramref name="start"/> to the end.</summary>
    public static Outcome<DicomDataSet> ReadDataSet(
        ReadOnlyMemory<byte> bytes, TransferSyntax syntax, DicomReadLimits? limits = null, int start = 0)
    {
        limits ??= new DicomReadLimits();
        if (bytes.Length - start > limits.MaxBytes)
            return new Fault($"The data set has {bytes.Length - start} bytes, more than the limit of {limits.MaxBytes}.");
        Outcome<DicomFile> file = ReadBody(bytes, start, bytes.Length, new DicomDataSet(), syntax, limits, stop: null, out _);
        return file.Ok ? file.Value.DataSet : file.Fault;
    }

    /// <summary>The elements before <paramref name="stop"/>, as far as the bytes reach: enough to look at a header whose end has not arrived.</summary>
    public static DicomDataSet ReadHead(ReadOnlyMemory<byte> bytes, TransferSyntax syntax, DicomTag stop) =>
        ReadHead(bytes, syntax, stop, bytes.Length, out _);

    /// <inheritdoc cref="ReadHead(ReadOnlyMemory{byte}, TransferSyntax, DicomTag)"/>
    /// <param name="total">Bytes of the whole data set.</param>
    /// <param name="whole">Whether the bytes reach an element at or behind <paramref name="stop"/>, so that nothing before it is missing.</param>
    public static DicomDataSet ReadHead(ReadOnlyMemory<byte> bytes, TransferSyntax syntax, DicomTag stop, long total, out bool whole)
    {
        var dataSet = new DicomDataSet();
        whole = false;
        if (syntax.Deflated)
            return dataSet;
        var parser = new DataSetParser(bytes, 0, syntax, new DicomReadLimits(), total) { Stop = stop };
        whole = parser.ReadToEnd(dataSet) && parser.Stopped;
        return dataSet;
    }

    private static Outcome<DicomFile> Read(ReadOnlyMemory<byte> bytes, long total, DicomReadLimits limits, DicomTag? stop, out bool starved)
    {
        starved = false;
        int start = HasPrefix(bytes.Span) ? PreambleLength + 4 : 0;
        if (bytes.Length - start < 8)
            return new Fault("The file is too short to hold a data element; is it DICOM?", start);

        var meta = new DicomDataSet();
        int body = start;
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span[start..]) == 0x0002)
        {
            var parser = new DataSetParser(bytes, start, TransferSyntax.ExplicitLittle, limits, total);
            if (!parser.ReadGroup(meta, 0x0002))
            {
                starved = parser.Starved;
                return parser.Fault!;
            }
            body = parser.Position;
        }
        else if (start == 0 && !Plausible(bytes.Span))
        {
            return new Fault("Neither the DICM prefix nor a first data element: this is not DICOM.", 0);
        }
        TransferSyntax syntax = meta.Text(DicomTags.TransferSyntaxUid) is { } uid ? TransferSyntax.Of(uid) : Guess(bytes.Span[body..]);
        return ReadBody(bytes, body, total, meta, syntax, limits, stop, out starved);
    }

    private static Outcome<DicomFile> ReadBody(
        ReadOnlyMemory<byte> bytes, int start, long total, DicomDataSet meta, TransferSyntax syntax, DicomReadLimits limits, DicomTag? stop,
        out bool starved)
    {
        starved = false;
        if (syntax.Deflated)
        {
            if (bytes.Length < total)
            {
                starved = true;
                return new Fault("The bytes end before the data set.");
            }
            Outcome<ReadOnlyMemory<byte>> inflated = Inflater.Inflate(bytes[start..], limits.MaxBytes);
            if (!inflated.Ok)
                return inflated.Fault with { Offset = inflated.Fault.Offset + start };
            (bytes, start, total) = (inflated.Value, 0, inflated.Value.Length);
        }
        // Some writers name implicit VR and write explicit.
        if (!syntax.ExplicitVR && DataSetParser.LooksExplicit(bytes.Span[start..]))
            syntax = syntax with { ExplicitVR = true };
        var dataSet = new DicomDataSet();
        var parser = new DataSetParser(bytes, start, syntax, limits, total) { Stop = stop };
        if (parser.ReadToEnd(dataSet))
            return new DicomFile(meta, syntax, dataSet);
        starved = parser.Starved;
        return parser.Fault!;
    }

    /// <summary>Four letters at the right place are a prefix unless a data set begins before them: a value may hold them by chance.</summary>
    private static bool HasPrefix(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < PreambleLength + 4 || !bytes.Slice(PreambleLength, 4).SequenceEqual("DICM"u8))
            return false;
        bool meta = bytes.Length >= PreambleLength + 6 && BinaryPrimitives.ReadUInt16LittleEndian(bytes[(PreambleLength + 4)..]) == 0x0002;
        return meta || !(Plausible(bytes) && DataSetParser.LooksExplicit(bytes));
    }

    /// <summary>A file without prefix begins with a low even group, in either byte order (PS3.5 7.1; ACR-NEMA began with group 0008).</summary>
    private static bool Plausible(ReadOnlySpan<byte> bytes) =>
        (bytes[0], bytes[1]) is ( <= 0x10, 0) or (0, <= 0x10) && (bytes[0] | bytes[1]) is not 0 && ((bytes[0] | bytes[1]) & 1) == 0;

    /// <summary>Explicit VR has two capital letters behind the tag; big endian shows in the first group, which is below 256.</summary>
    private static TransferSyntax Guess(ReadOnlySpan<byte> body)
    {
        bool bigEndian = body.Length >= 2 && body[0] == 0 && body[1] != 0;
        if (body.Length < 6 || DicomVRRules.Parse(body[4], body[5]) == DicomVR.None)
            return bigEndian ? TransferSyntax.ImplicitBig : TransferSyntax.ImplicitLittle;
        return bigEndian ? TransferSyntax.ExplicitBig : TransferSyntax.ExplicitLittle;
    }
}
