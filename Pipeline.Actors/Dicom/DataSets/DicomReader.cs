using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>
/// Reads Part 10 files and bare data sets (PS3.5, PS3.10). No length in the stream is believed: values are slices of the bytes present, and
/// what has no such bound has a declared one.
/// </summary>
public static class DicomReader
{
    private const int PreambleLength = 128;

    /// <summary>Reads a Part 10 file; without preamble or meta group the encoding is guessed from the first element.</summary>
    public static Outcome<DicomFile> ReadFile(ReadOnlyMemory<byte> bytes, DicomReadLimits? limits = null)
    {
        limits ??= new DicomReadLimits();
        if (bytes.Length > limits.MaxBytes)
            return new Fault($"The file has {bytes.Length} bytes, more than the limit of {limits.MaxBytes}.");
        int start = bytes.Length >= PreambleLength + 4 && bytes.Span.Slice(PreambleLength, 4).SequenceEqual("DICM"u8) ? PreambleLength + 4 : 0;
        if (bytes.Length - start < 8)
            return new Fault("The file is too short to hold a data element; is it DICOM?", start);

        var meta = new DicomDataSet();
        int body = start;
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span[start..]) == 0x0002)
        {
            var parser = new DataSetParser(bytes, start, TransferSyntax.ExplicitLittle, limits);
            if (!parser.ReadGroup(meta, 0x0002))
                return parser.Fault!;
            body = parser.Position;
        }
        TransferSyntax syntax = meta.Text(DicomTags.TransferSyntaxUid) is { } uid ? TransferSyntax.Of(uid) : Guess(bytes.Span[body..]);
        Outcome<DicomDataSet> dataSet = ReadDataSet(bytes, syntax, limits, body);
        return dataSet.Ok ? new DicomFile(meta, syntax, dataSet.Value) : dataSet.Fault;
    }

    /// <summary>Reads a data set as C-STORE carries it, from <paramref name="start"/> to the end.</summary>
    public static Outcome<DicomDataSet> ReadDataSet(
        ReadOnlyMemory<byte> bytes, TransferSyntax syntax, DicomReadLimits? limits = null, int start = 0)
    {
        limits ??= new DicomReadLimits();
        if (bytes.Length - start > limits.MaxBytes)
            return new Fault($"The data set has {bytes.Length - start} bytes, more than the limit of {limits.MaxBytes}.");
        if (syntax.Deflated)
        {
            Outcome<ReadOnlyMemory<byte>> inflated = Inflate(bytes[start..], limits.MaxBytes);
            if (!inflated.Ok)
                return inflated.Fault;
            (bytes, start) = (inflated.Value, 0);
        }
        var dataSet = new DicomDataSet();
        var parser = new DataSetParser(bytes, start, syntax, limits);
        return parser.ReadToEnd(dataSet) ? dataSet : parser.Fault!;
    }

    /// <summary>The elements before <paramref name="stop"/>, as far as the bytes reach: enough to look at a header whose end has not arrived.</summary>
    public static DicomDataSet ReadHead(ReadOnlyMemory<byte> bytes, TransferSyntax syntax, DicomTag stop)
    {
        var dataSet = new DicomDataSet();
        if (!syntax.Deflated)
            new DataSetParser(bytes, 0, syntax, new DicomReadLimits()) { Stop = stop }.ReadToEnd(dataSet);
        return dataSet;
    }

    /// <summary>Explicit VR has two capital letters behind the tag; big endian shows in the first group, which is below 256.</summary>
    private static TransferSyntax Guess(ReadOnlySpan<byte> body)
    {
        if (body.Length < 6 || DicomVRRules.Parse(body[4], body[5]) == DicomVR.None)
            return TransferSyntax.ImplicitLittle;
        return body[0] == 0 && body[1] != 0 ? TransferSyntax.ExplicitBig : TransferSyntax.ExplicitLittle;
    }

    private static Outcome<ReadOnlyMemory<byte>> Inflate(ReadOnlyMemory<byte> bytes, long limit)
    {
        using var source = new MemoryStream(bytes.ToArray(), writable: false);
        using var deflate = new DeflateStream(source, CompressionMode.Decompress);
        using var inflated = new MemoryStream();
        byte[] buffer = new byte[81920];
        try
        {
            for (int read; (read = deflate.Read(buffer)) > 0;)
            {
                if (inflated.Length + read > limit)
                    return new Fault($"The deflated data set grows beyond the limit of {limit} bytes.");
                inflated.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            return new Fault("The deflated data set is damaged.", source.Position);
        }
        return new Outcome<ReadOnlyMemory<byte>>(inflated.ToArray(), null);
    }
}
