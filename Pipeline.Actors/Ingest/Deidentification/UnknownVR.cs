using System.Buffers.Binary;
using Pipeline.Actors.Dicom.DataSets;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>Attributes that a converter wrote as UN although the standard names their VR: their bytes are implicit little endian (PS3.5 6.2.2).</summary>
internal static class UnknownVR
{
    private const int HeaderLength = 8;

    /// <summary>The element with its VR by the dictionary; itself where the VR is known, or where the bytes are no such value.</summary>
    public static DicomElement Resolve(DicomElement element)
    {
        if (element.VR != DicomVR.UN || element.Items is not null || element.Fragments is not null)
            return element;
        DicomVR vr = DicomDictionary.VROf(element.Tag);
        if (vr != DicomVR.SQ)
            return vr is DicomVR.UN or DicomVR.None ? element : element with { VR = vr };
        byte[] bytes = new byte[HeaderLength + element.Value.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, element.Tag.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), element.Tag.Element);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), element.Value.Length);
        element.Value.CopyTo(bytes.AsMemory(HeaderLength));
        return DicomReader.ReadDataSet(bytes, TransferSyntax.ImplicitLittle) is { Ok: true } read ? read.Value.Find(element.Tag) ?? element : element;
    }
}
