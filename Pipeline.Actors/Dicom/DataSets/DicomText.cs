using System.Text;

namespace Pipeline.Actors.Dicom.DataSets;

/// <summary>Text by Specific Character Set (PS3.3 C.12.1.1.2). Bytes a character set cannot hold become replacement characters, never an error.</summary>
internal static class DicomText
{
    private const byte Escape = 0x1B;

    public static string Decode(DicomElement element, DicomElement? characterSet)
    {
        ReadOnlySpan<byte> bytes = element.Value.Span;
        if (characterSet is null || (Ascii.IsValid(bytes) && !bytes.Contains(Escape)))
            return Encoding.Latin1.GetString(bytes);
        string[] terms = Encoding.ASCII.GetString(characterSet.Value.Span).Split('\\');
        CharacterSet initial = CharacterSets.OfTerm(Normal(terms[0]));
        // A lone extended set, and no first one, is meant for the whole text by some writers.
        if (terms is [{ } first, { } second] && string.IsNullOrWhiteSpace(first) && !bytes.Contains(Escape))
            initial = CharacterSets.OfTerm(Normal(second));
        return bytes.Contains(Escape) ? Iso2022(bytes, initial, element.VR == DicomVR.PN) : initial.Encoding.GetString(bytes);
    }

    /// <summary>Escape sequences switch sets; delimiters switch back to the first one (PS3.5 6.1.2.5.3).</summary>
    private static string Iso2022(ReadOnlySpan<byte> bytes, CharacterSet initial, bool isName)
    {
        var text = new StringBuilder(bytes.Length);
        CharacterSet current = initial;
        int from = 0;
        for (int at = 0; at < bytes.Length; at++)
        {
            if (bytes[at] == Escape && CharacterSets.OfEscape(bytes[(at + 1)..]) is { } escape)
            {
                current.Decode(bytes[from..at], text);
                current = escape.Set;
                at += escape.Length;
                from = at + 1;
            }
            else if (current != initial && IsDelimiter(bytes[at], isName) && !InsideCharacter(bytes[from..at], current))
            {
                current.Decode(bytes[from..at], text);
                current = initial;
                from = at;
            }
        }
        current.Decode(bytes[from..], text);
        return text.ToString();
    }

    private static bool IsDelimiter(byte value, bool isName) =>
        value is (byte)'\\' or (byte)'\r' or (byte)'\n' or (byte)'\f' or (byte)'\t' || (isName && value is (byte)'^' or (byte)'=');

    /// <summary>In a two-byte set of G0 a delimiter's code may be the second byte of a character.</summary>
    private static bool InsideCharacter(ReadOnlySpan<byte> since, CharacterSet set) => set is { IsDouble: true, Plane: not DoublePlane.G1 } && since.Length % 2 != 0;

    /// <summary>"ISO-IR 100" and "ISO IR 100" are written for "ISO_IR 100".</summary>
    private static string Normal(string term)
    {
        term = term.Trim(' ', '\0').ToUpperInvariant();
        return term.StartsWith("ISO-IR", StringComparison.Ordinal) || term.StartsWith("ISO IR", StringComparison.Ordinal) ? "ISO_IR" + term[6..] : term;
    }
}
