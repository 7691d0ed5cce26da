using System.Buffers.Binary;
using FellowOakDicom;
using FellowOakDicom.IO.Buffer;
using Pipeline.Actors.Dicom.DataSets;
using DicomTag = Pipeline.Actors.Dicom.DataSets.DicomTag;
using DicomVR = Pipeline.Actors.Dicom.DataSets.DicomVR;

namespace Pipeline.Dicom.FoDicom;

/// <summary>fo-dicom's data sets as ours: the same elements, values as they stand in a little-endian stream.</summary>
internal static class FoDicomDataSets
{
    public static DicomDataSet ToOurs(IEnumerable<DicomItem> items)
    {
        var dataSet = new DicomDataSet();
        foreach (DicomItem item in items)
        {
            var tag = new DicomTag(item.Tag.Group, item.Tag.Element);
            if (tag.IsGroupLength && tag.Group != 0x0002)
                continue;
            DicomVR vr = DicomVRRules.Parse((byte)item.ValueRepresentation.Code[0], (byte)item.ValueRepresentation.Code[1]);
            dataSet.Set(item switch
            {
                DicomSequence sequence => new Actors.Dicom.DataSets.DicomElement(tag, DicomVR.SQ, default, [.. sequence.Items.Select(ToOurs)]),
                DicomFragmentSequence fragments => new Actors.Dicom.DataSets.DicomElement(tag, vr, default, null, Fragments(fragments)),
                FellowOakDicom.DicomElement element => new Actors.Dicom.DataSets.DicomElement(tag, vr, element.Buffer.Data),
                _ => throw new DicomDataException($"{tag} is neither an element nor a sequence."),
            });
        }
        return dataSet;
    }

    private static List<ReadOnlyMemory<byte>> Fragments(DicomFragmentSequence sequence)
    {
        byte[] table = new byte[4 * sequence.OffsetTable.Count];
        for (int i = 0; i < sequence.OffsetTable.Count; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4 * i), sequence.OffsetTable[i]);
        List<ReadOnlyMemory<byte>> fragments = [table];
        foreach (IByteBuffer fragment in sequence.Fragments)
            fragments.Add(fragment.Data);
        return fragments;
    }
}
