using System.Buffers.Binary;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>The recursive part of reading: a cursor over bytes present, and the first fault met.</summary>
internal sealed class DataSetParser(ReadOnlyMemory<byte> bytes, int start, TransferSyntax syntax, DicomReadLimits limits)
{
    private const uint Undefined = 0xFFFFFFFF;
    private static readonly DicomTag Item = new(0xFFFE, 0xE000);
    private static readonly DicomTag ItemEnd = new(0xFFFE, 0xE00D);
    private static readonly DicomTag SequenceEnd = new(0xFFFE, 0xE0DD);

    private int _elements;

    public int Position { get; private set; } = start;

    public Fault? Fault { get; private set; }

    /// <summary>Reading ends before the first element at or behind this tag on the top level.</summary>
    public DicomTag? Stop { get; init; }

    private ReadOnlySpan<byte> Rest => bytes.Span[Position..];

    public bool ReadToEnd(DicomDataSet into) => ReadElements(into, bytes.Length, undefined: false, syntax.ExplicitVR, depth: 0);

    public bool ReadGroup(DicomDataSet into, ushort group)
    {
        while (bytes.Length - Position >= 8 && BinaryPrimitives.ReadUInt16LittleEndian(Rest) == group)
        {
            if (!ReadElement(into, bytes.Length, syntax.ExplicitVR, depth: 0))
                return false;
        }
        return true;
    }

    private bool ReadElements(DicomDataSet into, int end, bool undefined, bool explicitVR, int depth)
    {
        while (Position < end)
        {
            if (end - Position < 8)
            {
                // Zeros behind the last element are padding some writers leave to fill a block.
                if (depth == 0 && Rest.IndexOfAnyExcept((byte)0) < 0)
                    break;
                return Fail($"A data element needs 8 bytes, {end - Position} are left.");
            }
            DicomTag tag = PeekTag();
            if (undefined && tag == ItemEnd)
            {
                Position += 8;
                return true;
            }
            if (depth == 0 && Stop is { } stop && tag >= stop)
                return true;
            if (!ReadElement(into, end, explicitVR, depth))
                return false;
        }
        return !undefined || Fail("An item of undefined length has no delimiter.");
    }

    private bool ReadElement(DicomDataSet into, int end, bool explicitVR, int depth)
    {
        if (++_elements > limits.MaxElements)
            return Fail($"More than {limits.MaxElements} elements.");
        int at = Position;
        DicomTag tag = PeekTag();
        if (tag.Group == 0xFFFE)
            return Fail($"{tag} outside a sequence.");
        Position += 4;
        if (!ReadVRAndLength(tag, end, explicitVR, out DicomVR vr, out uint length))
            return false;

        if (vr == DicomVR.SQ || (length == Undefined && tag != DicomTags.PixelData))
        {
            // UN of undefined length is a sequence in implicit VR whatever the syntax (PS3.5 6.2.2 note 2).
            bool inner = explicitVR && vr != DicomVR.UN;
            var items = new List<DicomDataSet>();
            if (!ReadSequence(items, length, end, inner, depth + 1))
                return false;
            into.Set(new DicomElement(tag, DicomVR.SQ, ReadOnlyMemory<byte>.Empty, items));
            return true;
        }
        if (length == Undefined)
        {
            var fragments = new List<ReadOnlyMemory<byte>>();
            if (!ReadFragments(fragments, end))
                return false;
            into.Set(new DicomElement(tag, vr, ReadOnlyMemory<byte>.Empty, null, fragments));
            return true;
        }
        if (length > end - Position)
        {
            Position = at;
            return Fail($"{tag} claims {length} bytes, {end - at} are left.");
        }
        ReadOnlyMemory<byte> value = bytes.Slice(Position, (int)length);
        Position += (int)length;
        if (!tag.IsGroupLength || tag.Group == 0x0002)
            into.Set(new DicomElement(tag, vr, LittleEndian(vr, value)));
        return true;
    }

    private bool ReadVRAndLength(DicomTag tag, int end, bool explicitVR, out DicomVR vr, out uint length)
    {
        ReadOnlySpan<byte> rest = Rest;
        if (!explicitVR || !char.IsAsciiLetterUpper((char)rest[0]) || !char.IsAsciiLetterUpper((char)rest[1]))
        {
            // Some writers fall back to implicit elements inside an explicit stream; no VR letters means no VR.
            vr = DicomDictionary.VROf(tag);
            length = UInt32(rest);
            Position += 4;
            return true;
        }
        vr = DicomVRRules.Parse(rest[0], rest[1]);
        bool wide = vr == DicomVR.None ? rest[2] == 0 && rest[3] == 0 : vr.HasLongLength();
        if (vr == DicomVR.None)
            vr = DicomVR.UN;
        if (!wide)
        {
            length = syntax.BigEndian ? BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) : BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);
            Position += 4;
            return true;
        }
        length = 0;
        if (end - Position < 8)
            return Fail($"{tag} ends inside its length.");
        length = UInt32(rest[4..]);
        Position += 8;
        return true;
    }

    private bool ReadSequence(List<DicomDataSet> items, uint length, int end, bool explicitVR, int depth)
    {
        if (depth > limits.MaxDepth)
            return Fail($"Sequences nest deeper than {limits.MaxDepth}.");
        bool undefined = length == Undefined;
        if (!undefined && length > end - Position)
            return Fail($"A sequence claims {length} bytes, {end - Position} are left.");
        int stop = undefined ? end : Position + (int)length;
        while (Position < stop)
        {
            if (stop - Position < 8)
                return Fail("A sequence ends inside an item header.");
            if (++_elements > limits.MaxElements)
                return Fail($"More than {limits.MaxElements} elements.");
            DicomTag tag = PeekTag();
            uint itemLength = UInt32(Rest[4..]);
            if (tag == SequenceEnd)
            {
                Position += 8;
                return undefined || Position == stop || Fail("A sequence of defined length has a delimiter inside.");
            }
            if (tag != Item)
                return Fail($"{tag} where an item should begin.");
            Position += 8;
            bool open = itemLength == Undefined;
            // Editors that drop elements leave item lengths too long; the sequence bounds the item, and its elements must still end there exactly.
            int itemEnd = open || itemLength > stop - Position ? stop : Position + (int)itemLength;
            var item = new DicomDataSet();
            if (!ReadElements(item, itemEnd, open, explicitVR, depth))
                return false;
            items.Add(item);
        }
        return !undefined || Fail("A sequence of undefined length has no delimiter.");
    }

    private bool ReadFragments(List<ReadOnlyMemory<byte>> fragments, int end)
    {
        while (end - Position >= 8)
        {
            DicomTag tag = PeekTag();
            uint length = UInt32(Rest[4..]);
            Position += 8;
            if (tag == SequenceEnd)
                return true;
            if (tag != Item)
                return Fail($"{tag} where a pixel fragment should begin.");
            if (length > end - Position)
                return Fail($"A pixel fragment claims {length} bytes, {end - Position} are left.");
            if (++_elements > limits.MaxElements)
                return Fail($"More than {limits.MaxElements} elements.");
            fragments.Add(bytes.Slice(Position, (int)length));
            Position += (int)length;
        }
        return Fail("Encapsulated pixel data has no delimiter.");
    }

    private DicomTag PeekTag() => syntax.BigEndian
        ? new DicomTag(BinaryPrimitives.ReadUInt16BigEndian(Rest), BinaryPrimitives.ReadUInt16BigEndian(Rest[2..]))
        : new DicomTag(BinaryPrimitives.ReadUInt16LittleEndian(Rest), BinaryPrimitives.ReadUInt16LittleEndian(Rest[2..]));

    private uint UInt32(ReadOnlySpan<byte> at) =>
        syntax.BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);

    private ReadOnlyMemory<byte> LittleEndian(DicomVR vr, ReadOnlyMemory<byte> value)
    {
        int size = vr.NumberSize();
        if (!syntax.BigEndian || size == 1)
            return value;
        byte[] swapped = value.ToArray();
        for (int i = 0; i + size <= swapped.Length; i += size)
            swapped.AsSpan(i, size).Reverse();
        return swapped;
    }

    private bool Fail(string message)
    {
        Fault = new Fault(message, Position);
        return false;
    }
}
