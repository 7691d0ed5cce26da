namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>How a data set is encoded (PS3.5 annex A).</summary>
/// <param name="Encapsulated">Pixel data is compressed into fragments.</param>
public sealed record TransferSyntax(string Uid, bool ExplicitVR, bool BigEndian = false, bool Deflated = false, bool Encapsulated = false)
{
    public static TransferSyntax ImplicitLittle { get; } = new("1.2.840.10008.1.2", ExplicitVR: false);

    public static TransferSyntax ExplicitLittle { get; } = new("1.2.840.10008.1.2.1", ExplicitVR: true);

    public static TransferSyntax ExplicitBig { get; } = new("1.2.840.10008.1.2.2", ExplicitVR: true, BigEndian: true);

    public static TransferSyntax DeflatedLittle { get; } = new("1.2.840.10008.1.2.1.99", ExplicitVR: true, Deflated: true);

    /// <summary>Uncompressed ones by their UID; every other standard syntax is explicit little endian with encapsulated pixels (A.4).</summary>
    public static TransferSyntax Of(string uid) => uid switch
    {
        "1.2.840.10008.1.2" => ImplicitLittle,
        "1.2.840.10008.1.2.1" => ExplicitLittle,
        "1.2.840.10008.1.2.2" => ExplicitBig,
        "1.2.840.10008.1.2.1.99" => DeflatedLittle,
        _ => new TransferSyntax(uid, ExplicitVR: true, Encapsulated: true),
    };

    /// <summary>A syntax as people call it (PS3.6 table A-1), or its UID.</summary>
    public static string NameOf(string uid) => uid switch
    {
        "1.2.840.10008.1.2" => "implicit VR little endian",
        "1.2.840.10008.1.2.1" => "explicit VR little endian",
        "1.2.840.10008.1.2.2" => "explicit VR big endian",
        "1.2.840.10008.1.2.1.99" => "deflated",
        "1.2.840.10008.1.2.4.50" => "JPEG baseline",
        "1.2.840.10008.1.2.4.51" => "JPEG extended",
        "1.2.840.10008.1.2.4.57" or "1.2.840.10008.1.2.4.70" => "JPEG lossless",
        "1.2.840.10008.1.2.4.80" or "1.2.840.10008.1.2.4.81" => "JPEG-LS",
        "1.2.840.10008.1.2.4.90" or "1.2.840.10008.1.2.4.91" => "JPEG 2000",
        "1.2.840.10008.1.2.4.201" or "1.2.840.10008.1.2.4.202" or "1.2.840.10008.1.2.4.203" => "HTJ2K",
        "1.2.840.10008.1.2.5" => "RLE lossless",
        _ => uid,
    };
}
