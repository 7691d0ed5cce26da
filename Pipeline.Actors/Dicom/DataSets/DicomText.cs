using System.Text;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>Text by Specific Character Set (PS3.3 C.12.1.1.2). Bytes a character set cannot hold become replacement characters, never an error.</summary>
internal static class DicomText
{
    public static string Decode(DicomElement element, DicomElement? characterSet)
    {
        ReadOnlySpan<byte> bytes = element.Value.Span;
        if (characterSet is null || Ascii(bytes))
            return Encoding.Latin1.GetString(bytes);
        string term = Encoding.ASCII.GetString(characterSet.Value.Span).Split('\\')[^1].Trim(' ', '\0');
        return CodePage(term) is { } encoding ? encoding.GetString(bytes) : Encoding.Latin1.GetString(bytes);
    }

    private static bool Ascii(ReadOnlySpan<byte> bytes) => System.Text.Ascii.IsValid(bytes) && !bytes.Contains((byte)0x1B);

    private static Encoding? CodePage(string term) => term switch
    {
        "ISO_IR 192" => Encoding.UTF8,
        "GB18030" or "GBK" => CodePagesEncodingProvider.Instance.GetEncoding("GB18030"),
        "ISO_IR 13" or "ISO 2022 IR 13" => CodePagesEncodingProvider.Instance.GetEncoding(932),
        "ISO 2022 IR 87" or "ISO 2022 IR 159" => CodePagesEncodingProvider.Instance.GetEncoding(50222),
        "ISO 2022 IR 149" => CodePagesEncodingProvider.Instance.GetEncoding(51949),
        "ISO 2022 IR 58" => CodePagesEncodingProvider.Instance.GetEncoding(936),
        "ISO_IR 166" or "ISO 2022 IR 166" => CodePagesEncodingProvider.Instance.GetEncoding(874),
        _ when Part(term) is { } part => CodePagesEncodingProvider.Instance.GetEncoding(part),
        _ => null,
    };

    /// <summary>The ISO 8859 part behind an ISO-IR registration number.</summary>
    private static string? Part(string term) => term[(term.LastIndexOf(' ') + 1)..] switch
    {
        "101" => "iso-8859-2",
        "109" => "iso-8859-3",
        "110" => "iso-8859-4",
        "144" => "iso-8859-5",
        "127" => "iso-8859-6",
        "126" => "iso-8859-7",
        "138" => "iso-8859-8",
        "148" => "iso-8859-9",
        "203" => "iso-8859-15",
        _ => null,
    };
}
