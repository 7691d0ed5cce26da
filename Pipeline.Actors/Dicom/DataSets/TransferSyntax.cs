namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>How a data set is encoded (PS3.5 annex A).</summary>
/// <param name="Uid">Empty for implicit big endian, which only ACR-NEMA files use and nothing names.</param>
/// <param name="Encapsulated">Pixel data is compressed into fragments.</param>
/// <param name="BigEndianPixels">Pixel data alone is big endian, as in a private syntax of GE.</param>
public sealed record TransferSyntax(
    string Uid, bool ExplicitVR, bool BigEndian = false, bool Deflated = false, bool Encapsulated = false, bool BigEndianPixels = false)
{
    public static TransferSyntax ImplicitLittle { get; } = new("1.2.840.10008.1.2", ExplicitVR: false);

    public static TransferSyntax ExplicitLittle { get; } = new("1.2.840.10008.1.2.1", ExplicitVR: true);

    public static TransferSyntax ExplicitBig { get; } = new("1.2.840.10008.1.2.2", ExplicitVR: true, BigEndian: true);

    public static TransferSyntax DeflatedLittle { get; } = new("1.2.840.10008.1.2.1.99", ExplicitVR: true, Deflated: true);

    public static TransferSyntax ImplicitBig { get; } = new("", ExplicitVR: false, BigEndian: true);

    /// <summary>Uncompressed ones by their UID; every other standard syntax is explicit little endian with encapsulated pixels (A.4).</summary>
    public static TransferSyntax Of(string uid) => uid switch
    {
        "1.2.840.10008.1.2" => ImplicitLittle,
        "1.2.840.10008.1.2.1" => ExplicitLittle,
        "1.2.840.10008.1.2.2" => ExplicitBig,
        "1.2.840.10008.1.2.1.99" => DeflatedLittle,
        "1.2.840.113619.5.2" => new TransferSyntax(uid, ExplicitVR: false, BigEndianPixels: true),
        "1.2.840.10008.1.20" => ImplicitLittle with { Uid = uid },
        "1.2.840.10008.1.2.4.95" or "1.2.840.10008.1.2.4.205" => DeflatedLittle with { Uid = uid },
        _ => new TransferSyntax(uid, ExplicitVR: true, Encapsulated: true),
    };

    /// <summary>A syntax as people call it (PS3.6 table A-1), or its UID.</summary>
    public static string NameOf(string uid) => uid switch
    {
        "1.2.840.10008.1.2" => "implicit VR little endian",
        "1.2.840.10008.1.2.1" => "explicit VR little endian",
        "1.2.840.10008.1.2.2" => "explicit VR big endian",
        "1.2.840.10008.1.2.1.99" => "deflated",
        "1.2.840.10008.1.2.8.1" => "deflated image frame",
        "1.2.840.10008.1.2.4.50" => "JPEG baseline",
        "1.2.840.10008.1.2.4.51" => "JPEG extended",
        "1.2.840.10008.1.2.4.53" or "1.2.840.10008.1.2.4.55" => "JPEG progressive",
        "1.2.840.10008.1.2.4.57" or "1.2.840.10008.1.2.4.70" => "JPEG lossless",
        "1.2.840.10008.1.2.4.80" or "1.2.840.10008.1.2.4.81" => "JPEG-LS",
        "1.2.840.10008.1.2.4.90" or "1.2.840.10008.1.2.4.91" or "1.2.840.10008.1.2.4.92" or "1.2.840.10008.1.2.4.93" => "JPEG 2000",
        "1.2.840.10008.1.2.4.201" or "1.2.840.10008.1.2.4.202" or "1.2.840.10008.1.2.4.203" => "HTJ2K",
        "1.2.840.10008.1.2.5" => "RLE lossless",
        _ => uid,
    };
}
