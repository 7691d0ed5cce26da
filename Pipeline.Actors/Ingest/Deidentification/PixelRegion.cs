using System.Globalization;

namespace Pipeline.Actors.Ingest.Deidentification;

/// <summary>A rectangle of an image in pixels; what reaches beyond the image is cut off.</summary>
/// <param name="Left">Columns from the left edge.</param>
/// <param name="Top">Rows from the upper edge.</param>
public readonly record struct PixelRegion(int Left, int Top, int Width, int Height)
{
    /// <summary>Reads <c>LEFT TOP WIDTH HEIGHT</c>, whole numbers between spaces; null when the text is no such thing.</summary>
    public static PixelRegion? Parse(string text)
    {
        int?[] numbers =
        [
            .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : (int?)null),
        ];
        return numbers is [{ } left, { } top, { } width and > 0, { } height and > 0] ? new PixelRegion(left, top, width, height) : null;
    }
}
