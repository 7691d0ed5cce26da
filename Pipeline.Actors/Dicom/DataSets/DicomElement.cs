namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>A data element. One of value, items or fragments is in use.</summary>
/// <param name="Value">The bytes as they would stand in a little-endian stream, padding included.</param>
/// <param name="Items">Data sets of a sequence.</param>
/// <param name="Fragments">Encapsulated pixel data: the offset table first, then the fragments (PS3.5 A.4).</param>
public sealed record DicomElement(
    DicomTag Tag,
    DicomVR VR,
    ReadOnlyMemory<byte> Value,
    IReadOnlyList<DicomDataSet>? Items = null,
    IReadOnlyList<ReadOnlyMemory<byte>>? Fragments = null);
