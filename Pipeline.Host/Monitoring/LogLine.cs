using System.Globalization;
using System.Text;

namespace Pipeline.Host.Monitoring;

/// <summary>Text that others sent, as part of a line of a log.</summary>
internal static class LogLine
{
    /// <summary>Characters that are shown at most.</summary>
    public const int MaxLength = 500;

    /// <summary>Without anything that ends a line, moves a cursor or turns the direction of writing: such characters stand there as \uXXXX.</summary>
    public static string Of(string text)
    {
        var line = new StringBuilder();
        foreach (char letter in text.AsSpan(0, Math.Min(text.Length, MaxLength)))
        {
            if (char.GetUnicodeCategory(letter) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}");
            else
                line.Append(letter);
        }

        return text.Length > MaxLength ? line.Append('…').ToString() : line.ToString();
    }
}
