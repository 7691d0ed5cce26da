using System.Buffers;
using System.Buffers.Binary;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>Writes data sets in little endian, compressed pixels as they are; sequences with undefined length (PS3.5 7.5.2), values padded (6.2).</summary>
public static class DicomWriter
{
    private const uint Undefined = 0xFFFFFFFF;
    private const string ImplementationVersionName = "PIPELINE_01";
    private const string ImplementationClassUid = "2.25.226394871032471028374651029384756102";

    /// <summary>A Part 10 file: preamble, meta group, data set (PS3.10 7.1).</summary>
    /// <param name="syntax">
    /// Of the data set as it was read: compressed pixels stay as they are; everything else is written in explicit little endian, and also where not given.
    /// </param>
    /// <exception cref="ArgumentException">SOP class or instance UID is missing, or pixels are compressed and the syntax does not say how.</exception>
    public static byte[] WriteFile(DicomDataSet dataSet, TransferSyntax? syntax = null)
    {
        string sopClass = dataSet.Text(DicomTags.SopClassUid) ?? throw new ArgumentException("SOP Class UID (0008,0016) is missing.", nameof(dataSet));
        string instance = dataSet.Text(DicomTags.SopInstanceUid)
            ?? throw new ArgumentException("SOP Instance UID (0008,0018) is missing.", nameof(dataSet));
        bool compressed = dataSet.Find(DicomTags.PixelData) is { Fragments: not null };
        if (compressed && syntax is not { Encapsulated: true })
            throw new ArgumentException("Pixel data is compressed: its transfer syntax is needed.", nameof(syntax));
        var output = new ArrayBufferWriter<byte>(4096);
        output.Write(WriteMeta(sopClass, instance, compressed ? syntax!.Uid : TransferSyntax.ExplicitLittle.Uid));
        WriteElements(output, dataSet, explicitVR: true);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Preamble and meta group of a Part 10 file whose data set follows in the given syntax.</summary>
    public static byte[] WriteMeta(string sopClassUid, string sopInstanceUid, string transferSyntaxUid)
    {
        DicomDataSet meta = new DicomDataSet()
            .Set(DicomTags.FileMetaInformationVersion, DicomVR.OB, new byte[] { 0, 1 })
            .Set(DicomTags.MediaStorageSopClassUid, sopClassUid)
            .Set(DicomTags.MediaStorageSopInstanceUid, sopInstanceUid)
            .Set(DicomTags.TransferSyntaxUid, transferSyntaxUid)
            .Set(DicomTags.ImplementationClassUid, ImplementationClassUid)
            .Set(DicomTags.ImplementationVersionName, ImplementationVersionName);
        byte[] group = WriteDataSet(meta, TransferSyntax.ExplicitLittle);
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, group.Length);

        var output = new ArrayBufferWriter<byte>(group.Length + 256);
        output.Write(new byte[128]);
        output.Write("DICM"u8);
        WriteElement(output, new DicomElement(DicomTags.FileMetaInformationGroupLength, DicomVR.UL, length), explicitVR: true);
        output.Write(group);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The data set alone, as C-STORE carries it.</summary>
    /// <exception cref="ArgumentException">The syntax is big endian or deflated.</exception>
    public static byte[] WriteDataSet(DicomDataSet dataSet, TransferSyntax syntax)
    {
        if (syntax.BigEndian || syntax.Deflated)
            throw new ArgumentException($"Data sets are written in little endian and not deflated, so not in {syntax.Uid}.", nameof(syntax));
        var output = new ArrayBufferWriter<byte>(4096);
        WriteElements(output, dataSet, syntax.ExplicitVR);
        return output.WrittenSpan.ToArray();
    }

    private static void WriteElements(ArrayBufferWriter<byte> output, DicomDataSet dataSet, bool explicitVR)
    {
        foreach (DicomElement element in dataSet.Elements)
            WriteElement(output, element, explicitVR);
    }

    private static void WriteElement(ArrayBufferWriter<byte> output, DicomElement element, bool explicitVR)
    {
        bool open = element.Items is not null || element.Fragments is not null;
        bool odd = element.Value.Length % 2 != 0;
        WriteHeader(output, element, explicitVR, open ? Undefined : (uint)element.Value.Length + (odd ? 1u : 0u));
        foreach (DicomDataSet item in element.Items ?? [])
        {
            WriteDelimiter(output, 0xE000, Undefined);
            WriteElements(output, item, explicitVR);
            WriteDelimiter(output, 0xE00D, 0);
        }
        foreach (ReadOnlyMemory<byte> fragment in element.Fragments ?? [])
        {
            WriteDelimiter(output, 0xE000, (uint)(fragment.Length + fragment.Length % 2));
            output.Write(fragment.Span);
            if (fragment.Length % 2 != 0)
                output.Write([(byte)0]);
        }
        if (open)
        {
            WriteDelimiter(output, 0xE0DD, 0);
            return;
        }
        output.Write(element.Value.Span);
        if (odd)
            output.Write([element.VR.Padding()]);
    }

    private static void WriteHeader(ArrayBufferWriter<byte> output, DicomElement element, bool explicitVR, uint length)
    {
        // A value too long for a 16-bit length goes as UN, which has a 32-bit one (PS3.5 6.2.2 note 1).
        DicomVR vr = element.Fragments is not null ? DicomVR.OB : element.VR is DicomVR.None || (length > ushort.MaxValue && !element.VR.HasLongLength()) ? DicomVR.UN : element.VR;
        bool wide = explicitVR && vr.HasLongLength();
        Span<byte> header = output.GetSpan(12);
        BinaryPrimitives.WriteUInt16LittleEndian(header, element.Tag.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], element.Tag.Element);
        if (explicitVR)
        {
            header[4] = (byte)((int)vr >> 8);
            header[5] = (byte)vr;
            BinaryPrimitives.WriteUInt16LittleEndian(header[6..], wide ? (ushort)0 : (ushort)length);
        }
        if (wide || !explicitVR)
            BinaryPrimitives.WriteUInt32LittleEndian(header[(wide ? 8 : 4)..], length);
        output.Advance(wide ? 12 : 8);
    }

    private static void WriteDelimiter(ArrayBufferWriter<byte> output, ushort element, uint length)
    {
        Span<byte> header = output.GetSpan(8);
        BinaryPrimitives.WriteUInt16LittleEndian(header, 0xFFFE);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], element);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], length);
        output.Advance(8);
    }
}
