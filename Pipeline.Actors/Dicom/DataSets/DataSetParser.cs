using System.Buffers.Binary;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>
/// The recursive part of reading: a cursor over the bytes present, and the first fault met. Lengths are checked against the bytes before anything is
/// made of them, so memory follows the input. Deviations that real archives hold and that leave no doubt are read: explicit elements without a VR,
/// items in the other VR encoding, item lengths too long for their sequence, delimiters where none are due.
/// </summary>
/// <param name="total">Bytes of the whole input, of which <paramref name="bytes"/> may be only the first.</param>
internal sealed class DataSetParser(ReadOnlyMemory<byte> bytes, int start, TransferSyntax syntax, DicomReadLimits limits, long? total = null)
{
    private const uint Undefined = 0xFFFFFFFF;
    private static readonly DicomTag Item = new(0xFFFE, 0xE000);
    private static readonly DicomTag ItemEnd = new(0xFFFE, 0xE00D);
    private static readonly DicomTag SequenceEnd = new(0xFFFE, 0xE0DD);

    private readonly long _total = total ?? bytes.Length;
    private int _elements;
    private bool _signedPixels;
    private bool _bigEndian = syntax.BigEndian;

    public int Position { get; private set; } = start;

    public Fault? Fault { get; private set; }

    /// <summary>The fault is that <paramref name="bytes"/> ended before the input did: more bytes may mend it.</summary>
    public bool Starved { get; private set; }

    /// <summary>Reading ends before the first element at or behind this tag on the top level.</summary>
    public DicomTag? Stop { get; init; }

    /// <summary>Reading ended at <see cref="Stop"/>.</summary>
    public bool Stopped { get; private set; }

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

    /// <summary>Two capital letters that name a VR stand behind the tag, and what follows fits it.</summary>
    public static bool LooksExplicit(ReadOnlySpan<byte> element)
    {
        if (element.Length < 8 || DicomVRRules.Parse(element[4], element[5]) is not (not DicomVR.None and var vr))
            return false;
        return !vr.HasLongLength() || (element[6] == 0 && element[7] == 0);
    }

    private bool ReadElements(DicomDataSet into, int end, bool undefined, bool explicitVR, int depth)
    {
        while (Position < end)
        {
            if (end - Position < 8)
            {
                // Zeros behind the last element are padding some writers leave to fill a block.
                if (depth == 0 && bytes.Length == _total && Rest.IndexOfAnyExcept((byte)0) < 0)
                    break;
                return Lack(end, 8, $"A data element needs 8 bytes, {end - Position} are left.");
            }
            DicomTag tag = PeekTag();
            if (tag == ItemEnd || (tag == SequenceEnd && depth == 0))
            {
                Position += 8;
                if (undefined)
                    return true;
                continue;
            }
            if (depth == 0 && Stop is { } stop && tag >= stop)
                return Stopped = true;
            if (!ReadElement(into, end, explicitVR, depth))
                return false;
        }
        if (depth == 0 && bytes.Length < _total)
            return Lack(end, 8, "The bytes end before the data set.");
        return !undefined || Lack(end, 8, "An item of undefined length has no delimiter.");
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
        if (!ReadVRAndLength(tag, at, end, explicitVR, out DicomVR vr, out uint length))
            return false;

        if (vr == DicomVR.SQ || (length == Undefined && vr is not (DicomVR.OB or DicomVR.OW) && tag != DicomTags.PixelData))
        {
            // UN of undefined length is a sequence in implicit little endian whatever the syntax (PS3.5 6.2.2 note 2).
            bool outerOrder = _bigEndian;
            _bigEndian &= vr != DicomVR.UN;
            var items = new List<DicomDataSet>();
            if (!ReadSequence(items, tag, at, length, end, explicitVR && vr != DicomVR.UN, depth + 1))
                return false;
            _bigEndian = outerOrder;
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
            int left = end - Position;
            Position = at;
            return Lack(end, length, $"{tag} claims {length} bytes, {Present(end, left)} are left.");
        }
        ReadOnlyMemory<byte> value = bytes.Slice(Position, (int)length);
        Position += (int)length;
        if (!tag.IsGroupLength || tag.Group == 0x0002)
            into.Set(new DicomElement(tag, vr, _bigEndian ? LittleEndian(vr, value) : value));
        return true;
    }

    private bool ReadVRAndLength(DicomTag tag, int at, int end, bool explicitVR, out DicomVR vr, out uint length)
    {
        ReadOnlySpan<byte> rest = Rest;
        long left = Present(end, end - Position);
        if (!explicitVR || !char.IsAsciiLetterUpper((char)rest[0]) || !char.IsAsciiLetterUpper((char)rest[1]))
        {
            vr = ImplicitVR(tag);
            length = UInt32(rest);
            Position += 4;
            // In an explicit stream no letters mean an implicit element, or a VR nobody knows with its 16-bit length: what fits is meant.
            if (explicitVR && length != Undefined && length > left - 4 && UInt16(rest[2..]) is var narrow && narrow <= left - 4)
                length = narrow;
            return true;
        }
        vr = DicomVRRules.Parse(rest[0], rest[1]);
        bool wide = vr.HasLongLength();
        if (vr == DicomVR.None)
        {
            // VRs of later editions have the long form (PS3.5 6.2.2 note 1); a misspelt old one does not.
            vr = DicomVR.UN;
            wide = rest[2] == 0 && rest[3] == 0 && end - Position >= 8 && (UInt32(rest[4..]) == Undefined || UInt32(rest[4..]) <= left - 8);
        }
        if (!wide)
        {
            length = UInt16(rest[2..]);
            Position += 4;
            return true;
        }
        length = 0;
        if (end - Position < 8)
        {
            Position = at;
            return Lack(end, 12, $"{tag} ends inside its length.");
        }
        length = UInt32(rest[4..]);
        Position += 8;
        return true;
    }

    private DicomVR ImplicitVR(DicomTag tag)
    {
        if (tag == DicomTags.PixelRepresentation && Rest.Length > 4)
            _signedPixels = Rest[_bigEndian && Rest.Length > 5 ? 5 : 4] == 1;
        return _signedPixels && DicomDictionary.FollowsPixelRepresentation(tag) ? DicomVR.SS : DicomDictionary.VROf(tag);
    }

    private bool ReadSequence(List<DicomDataSet> items, DicomTag owner, int at, uint length, int end, bool explicitVR, int depth)
    {
        if (depth > limits.MaxDepth)
            return Fail($"Sequences nest deeper than {limits.MaxDepth}.");
        bool undefined = length == Undefined;
        if (!undefined && length > end - Position)
        {
            int left = end - Position;
            Position = at;
            return Lack(end, length, $"The sequence {owner} claims {length} bytes, {Present(end, left)} are left.");
        }
        int stop = undefined ? end : Position + (int)length;
        while (Position < stop)
        {
            if (stop - Position < 8)
                return Lack(stop, 8, $"The sequence {owner} ends inside an item header.");
            if (++_elements > limits.MaxElements)
                return Fail($"More than {limits.MaxElements} elements.");
            DicomTag tag = PeekTag();
            uint itemLength = UInt32(Rest[4..]);
            if (tag == SequenceEnd)
            {
                Position += 8;
                if (undefined || Position == stop)
                    return true;
                continue;
            }
            if (tag != Item)
                return Fail($"{tag} in the sequence {owner} where an item should begin.");
            Position += 8;
            bool open = itemLength == Undefined;
            // Editors that drop elements leave item lengths too long; the sequence bounds the item, and its elements must still end there exactly.
            int itemEnd = open || itemLength > stop - Position ? stop : Position + (int)itemLength;
            var item = new DicomDataSet();
            if (!ReadElements(item, itemEnd, open, explicitVR || OtherEncoding(itemEnd), depth))
                return false;
            items.Add(item);
        }
        return !undefined || Lack(end, 8, $"The sequence {owner} of undefined length has no delimiter.");
    }

    /// <summary>An item that should be implicit begins with a VR, and read as implicit its first element would not fit.</summary>
    private bool OtherEncoding(int itemEnd) =>
        itemEnd - Position >= 8 && LooksExplicit(Rest) && UInt32(Rest[4..]) > (uint)(itemEnd - Position - 8);

    private bool ReadFragments(List<ReadOnlyMemory<byte>> fragments, int end)
    {
        while (end - Position >= 8)
        {
            DicomTag tag = PeekTag();
            uint length = UInt32(Rest[4..]);
            if (tag == SequenceEnd)
            {
                Position += 8;
                return true;
            }
            if (tag != Item)
                return Fail($"{tag} where a pixel fragment should begin.");
            if (length > end - Position - 8)
                return Lack(end, length, $"A pixel fragment claims {length} bytes, {Present(end, end - Position - 8)} are left.");
            if (++_elements > limits.MaxElements)
                return Fail($"More than {limits.MaxElements} elements.");
            Position += 8;
            fragments.Add(bytes.Slice(Position, (int)length));
            Position += (int)length;
        }
        return Lack(end, 8, "Encapsulated pixel data has no delimiter: the file is cut.");
    }

    private DicomTag PeekTag() => new(UInt16(Rest), UInt16(Rest[2..]));

    private ushort UInt16(ReadOnlySpan<byte> at) =>
        _bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(at) : BinaryPrimitives.ReadUInt16LittleEndian(at);

    private uint UInt32(ReadOnlySpan<byte> at) =>
        _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);

    private static ReadOnlyMemory<byte> LittleEndian(DicomVR vr, ReadOnlyMemory<byte> value)
    {
        int size = vr.NumberSize();
        if (size == 1)
            return value;
        byte[] swapped = value.ToArray();
        for (int i = 0; i + size <= swapped.Length; i += size)
            swapped.AsSpan(i, size).Reverse();
        return swapped;
    }

    /// <summary>Bytes behind the position within <paramref name="end"/>, those not handed over included.</summary>
    private long Present(int end, int left) => end == bytes.Length ? left + (_total - bytes.Length) : left;

    /// <summary>A fault for want of <paramref name="needed"/> bytes, which the rest of the input may still hold where the limit is the end of the bytes.</summary>
    private bool Lack(int end, long needed, string message)
    {
        Starved = end == bytes.Length && bytes.Length < _total && needed <= _total - Position;
        return Fail(message);
    }

    private bool Fail(string message)
    {
        Fault = new Fault(message, Position);
        return false;
    }
}
