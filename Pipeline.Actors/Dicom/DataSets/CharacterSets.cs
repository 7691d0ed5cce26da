using System.Text;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>Decoders behind the defined terms of Specific Character Set (PS3.3 C.12.1.1.2) and the escape sequences of ISO 2022 (PS3.5 6.1.2.5).</summary>
internal static class CharacterSets
{
    private static readonly EncodingProvider Pages = CodePagesEncodingProvider.Instance;

    /// <summary>Latin 1 stands for the default repertoire too: bytes above 7F are then wrong, and shown rather than lost.</summary>
    private static readonly CharacterSet Latin1 = new(Encoding.Latin1, IsDouble: false);

    private static readonly CharacterSet Romaji = Single(932);
    private static readonly CharacterSet Kanji = Double(51932, DoublePlane.G0);
    private static readonly CharacterSet SupplementaryKanji = Double(20932, DoublePlane.G0Third);
    private static readonly CharacterSet Korean = Double(51949, DoublePlane.G1);
    private static readonly CharacterSet SimplifiedChinese = Double(936, DoublePlane.G1);

    /// <summary>The set that is active at the start of a text and after its delimiters: the first value of Specific Character Set.</summary>
    public static CharacterSet OfTerm(string term) => term switch
    {
        "" or "ISO_IR 6" or "ISO 2022 IR 6" or "ISO_IR 100" or "ISO 2022 IR 100" => Latin1,
        "ISO_IR 192" => new CharacterSet(Encoding.UTF8, IsDouble: false),
        "GB18030" or "GBK" => new CharacterSet(Pages.GetEncoding("GB18030")!, IsDouble: false),
        "ISO_IR 13" or "ISO 2022 IR 13" => Romaji,
        "ISO 2022 IR 87" => Latin1,
        "ISO 2022 IR 159" => Latin1,
        "ISO 2022 IR 149" => Korean,
        "ISO 2022 IR 58" => SimplifiedChinese,
        "ISO_IR 166" or "ISO 2022 IR 166" => Single(874),
        _ when Part(term) is { } part => new CharacterSet(Encoding.Latin1.WebName == part ? Encoding.Latin1 : Pages.GetEncoding(part)!, IsDouble: false),
        _ => Latin1,
    };

    /// <summary>The set that an escape sequence designates (PS3.3 tables C.12-3 and C.12-4), and how many bytes the sequence has behind ESC.</summary>
    public static (CharacterSet Set, int Length)? OfEscape(ReadOnlySpan<byte> behindEscape) => behindEscape switch
    {
        [(byte)'(', (byte)'B', ..] => (Latin1, 2),
        [(byte)'(', (byte)'J', ..] or [(byte)')', (byte)'I', ..] => (Romaji, 2),
        [(byte)'-', (byte)'A', ..] => (Latin1, 2),
        [(byte)'-', (byte)'B', ..] => (OfTerm("ISO_IR 101"), 2),
        [(byte)'-', (byte)'C', ..] => (OfTerm("ISO_IR 109"), 2),
        [(byte)'-', (byte)'D', ..] => (OfTerm("ISO_IR 110"), 2),
        [(byte)'-', (byte)'L', ..] => (OfTerm("ISO_IR 144"), 2),
        [(byte)'-', (byte)'G', ..] => (OfTerm("ISO_IR 127"), 2),
        [(byte)'-', (byte)'F', ..] => (OfTerm("ISO_IR 126"), 2),
        [(byte)'-', (byte)'H', ..] => (OfTerm("ISO_IR 138"), 2),
        [(byte)'-', (byte)'M', ..] => (OfTerm("ISO_IR 148"), 2),
        [(byte)'-', (byte)'T', ..] => (OfTerm("ISO_IR 166"), 2),
        [(byte)'-', (byte)'b', ..] => (OfTerm("ISO_IR 203"), 2),
        [(byte)'$', (byte)'B', ..] or [(byte)'$', (byte)'@', ..] => (Kanji, 2),
        [(byte)'$', (byte)'(', (byte)'D', ..] => (SupplementaryKanji, 3),
        [(byte)'$', (byte)')', (byte)'C', ..] => (Korean, 3),
        [(byte)'$', (byte)')', (byte)'A', ..] => (SimplifiedChinese, 3),
        _ => null,
    };

    private static CharacterSet Single(int page) => new(Pages.GetEncoding(page)!, IsDouble: false);

    private static CharacterSet Double(int page, DoublePlane plane) => new(Pages.GetEncoding(page)!, IsDouble: true, plane);

    /// <summary>The ISO 8859 part behind an ISO-IR registration number, written with a space or, by mistake, a hyphen.</summary>
    private static string? Part(string term) => term[(term.LastIndexOf(' ') + 1)..] switch
    {
        "100" => "iso-8859-1",
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
