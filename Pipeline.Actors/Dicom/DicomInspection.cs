namespace Pipeline.Actors.Dicom;

/// <summary>What a look at one file found. Holds nothing that names a person.</summary>
/// <param name="Valid">The data set reads to its end, and the pixel data it announces is there and decodes where a decoder is known.</param>
/// <param name="Reason">Why not; of a valid file, why its pixels were not decoded.</param>
/// <param name="Offset">Byte of the file at which the fault was noticed; of a deflated data set, of what was inflated.</param>
/// <param name="TransferSyntax">UID; guessed from the first element where the file names none.</param>
/// <param name="Frames">1 where Number of Frames is absent; null without an image.</param>
/// <param name="BitsAllocated">As the data set says.</param>
/// <param name="PixelSha256">
/// Lower-case hex of SHA-256 over Pixel Data as it would stand uncompressed, little endian, color by pixel (Planar Configuration 0): every frame, and the
/// byte that pads an odd length.
/// </param>
public sealed record DicomInspection(
    bool Valid, string? Reason = null, long? Offset = null, string? TransferSyntax = null, int? Rows = null, int? Columns = null, int? Frames = null,
    int? BitsAllocated = null, string? PixelSha256 = null);
