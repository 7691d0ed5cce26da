using Pipeline.Actors.Dicom;

namespace Pipeline.Host.Commands;

/// <summary>An entry of <c>files</c> in the JSON of <c>pipeline dicom inspect</c>: docs/reference/dicom-inspect.schema.json describes it.</summary>
internal sealed record InspectedFile(
    string Path, bool Valid, string? Reason, long? Offset, string? TransferSyntax, int? Rows, int? Columns, int? Frames, int? BitsAllocated,
    string? PixelSha256)
{
    public static InspectedFile Of(string path, DicomInspection found) => new(
        path, found.Valid, found.Reason, found.Offset, found.TransferSyntax, found.Rows, found.Columns, found.Frames, found.BitsAllocated,
        found.PixelSha256);
}
