using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Pixels.Jpeg2000;
using Pipeline.Actors.Dicom.Pixels.JpegLs;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>Transfer syntaxes by what this process can make of them.</summary>
public static class TransferSyntaxes
{
    public const string Rle = "1.2.840.10008.1.2.5";
    public const string DeflatedImageFrame = "1.2.840.10008.1.2.8.1";

    private static readonly string[] Uncompressed =
    [
        TransferSyntax.ExplicitLittle.Uid, TransferSyntax.ImplicitLittle.Uid, TransferSyntax.ExplicitBig.Uid, TransferSyntax.DeflatedLittle.Uid,
    ];

    /// <summary>Decoded in managed code.</summary>
    private static readonly string[] Managed =
    [
        Rle, DeflatedImageFrame, "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55",
    ];

    private static readonly string[] JpegLs = ["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"];

    private static readonly string[] Jpeg2000 =
    [
        "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93",
    ];

    private static readonly string[] Htj2k = ["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"];

    /// <summary>
    /// What an association may accept here, the preferred first: uncompressed with explicit VR, which keeps private VRs, and lossless before lossy.
    /// JPEG-LS needs CharLS, JPEG 2000 needs OpenJPEG, HTJ2K needs OpenJPEG 2.5.
    /// </summary>
    public static IReadOnlyList<string> Decodable { get; } =
    [
        .. Uncompressed, .. Managed, .. CharLs.Library.IsPresent ? JpegLs : [], .. OpenJpeg.Library.IsPresent ? Jpeg2000 : [],
        .. OpenJpeg.Library.Has("opj_decoder_set_strict_mode") ? Htj2k : [],
    ];

    public static bool IsDecodable(string uid) => Decodable.Contains(uid);

    /// <summary>A decoder is known, installed or not.</summary>
    internal static bool IsKnown(string uid) =>
        IsDecodable(uid) || JpegLs.Contains(uid) || Jpeg2000.Contains(uid) || Htj2k.Contains(uid);
}
