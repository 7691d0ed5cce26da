using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>Elements in ascending tag order, one per tag.</summary>
public sealed class DicomDataSet
{
    private readonly List<DicomElement> _elements = [];

    public IReadOnlyList<DicomElement> Elements => _elements;

    public DicomElement? Find(DicomTag tag) => IndexOf(tag) is >= 0 and int index ? _elements[index] : null;

    public bool Contains(DicomTag tag) => IndexOf(tag) >= 0;

    /// <summary>Puts the element in its place; a tag present already is replaced.</summary>
    public DicomDataSet Set(DicomElement element)
    {
        int index = _elements.Count > 0 && _elements[^1].Tag < element.Tag ? ~_elements.Count : IndexOf(element.Tag);
        if (index >= 0)
            _elements[index] = element;
        else
            _elements.Insert(~index, element);
        return this;
    }

    public DicomDataSet Set(DicomTag tag, DicomVR vr, ReadOnlyMemory<byte> value) => Set(new DicomElement(tag, vr, Pad(vr, value)));

    /// <summary>Text, several values separated by a backslash. The VR is the dictionary's.</summary>
    public DicomDataSet Set(DicomTag tag, string value) => Set(tag, DicomDictionary.VROf(tag), Encoding.UTF8.GetBytes(value));

    public DicomDataSet Set(DicomTag tag, params ReadOnlySpan<ushort> values)
    {
        byte[] bytes = new byte[values.Length * 2];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), values[i]);
        DicomVR vr = DicomDictionary.VROf(tag);
        return Set(tag, vr is DicomVR.SS or DicomVR.OW ? vr : DicomVR.US, bytes);
    }

    public DicomDataSet Set(DicomTag tag, IReadOnlyList<DicomDataSet> items) =>
        Set(new DicomElement(tag, DicomVR.SQ, ReadOnlyMemory<byte>.Empty, items));

    /// <summary>The text of an element, padding removed, or null when absent or empty.</summary>
    public string? Text(DicomTag tag)
    {
        if (Find(tag) is not { Items: null, Fragments: null, Value.IsEmpty: false } element)
            return null;
        string text = DicomText.Decode(element, Find(DicomTags.SpecificCharacterSet)).Trim(' ', '\0');
        return text.Length == 0 ? null : text;
    }

    /// <summary>One of several values of a text element.</summary>
    public string? Text(DicomTag tag, int index)
    {
        string[]? values = Text(tag)?.Split('\\');
        return values is not null && index < values.Length && values[index].Trim() is { Length: > 0 } value ? value : null;
    }

    /// <summary>A whole number of an IS, US, SS, UL or SL element, or null when absent or not a number.</summary>
    public int? Int(DicomTag tag, int index = 0)
    {
        if (Find(tag) is not { Items: null } element)
            return null;
        ReadOnlySpan<byte> value = element.Value.Span;
        int size = element.VR.NumberSize();
        if (size is 2 or 4)
        {
            if (value.Length < size * (index + 1))
                return null;
            value = value[(size * index)..];
            return element.VR switch
            {
                DicomVR.SS => BinaryPrimitives.ReadInt16LittleEndian(value),
                DicomVR.SL => BinaryPrimitives.ReadInt32LittleEndian(value),
                DicomVR.UL when BinaryPrimitives.ReadUInt32LittleEndian(value) is var wide => wide <= int.MaxValue ? (int)wide : null,
                _ when size == 2 => BinaryPrimitives.ReadUInt16LittleEndian(value),
                _ => null,
            };
        }
        return int.TryParse(Text(tag, index), NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : null;
    }

    /// <summary>A DS, IS, FL, FD or integer value, or null when absent or not a finite number.</summary>
    public double? Number(DicomTag tag, int index = 0)
    {
        DicomElement? element = Find(tag);
        double? number = element switch
        {
            null => null,
            { VR: DicomVR.FD } when element.Value.Length >= 8 * (index + 1) =>
                BinaryPrimitives.ReadDoubleLittleEndian(element.Value.Span[(8 * index)..]),
            { VR: DicomVR.FL } when element.Value.Length >= 4 * (index + 1) =>
                BinaryPrimitives.ReadSingleLittleEndian(element.Value.Span[(4 * index)..]),
            { VR: DicomVR.DS or DicomVR.UN } =>
                double.TryParse(Text(tag, index), NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) ? parsed : null,
            _ => Int(tag, index),
        };
        return number is { } finite && double.IsFinite(finite) ? finite : null;
    }

    private static ReadOnlyMemory<byte> Pad(DicomVR vr, ReadOnlyMemory<byte> value)
    {
        if (value.Length % 2 == 0)
            return value;
        byte[] padded = new byte[value.Length + 1];
        value.CopyTo(padded);
        padded[^1] = vr.Padding();
        return padded;
    }

    /// <summary>Index of the tag, or the complement of where it belongs.</summary>
    private int IndexOf(DicomTag tag)
    {
        int low = 0, high = _elements.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = _elements[middle].Tag.CompareTo(tag);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }
}
