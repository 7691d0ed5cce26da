using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace Pipeline.Host.Reporting;

/// <summary>
/// Grows an HTML text. Whatever is interpolated is encoded, since ids and tamper records come from files; markup passes only as
/// literal text or as another <see cref="Html"/>.
/// </summary>
internal sealed class Html
{
    private readonly StringBuilder _text = new();

    /// <summary>Appends markup, encoding its holes.</summary>
    public Html Add([InterpolatedStringHandlerArgument("")] Handler markup)
    {
        _ = markup;
        _text.Append('\n');
        return this;
    }

    /// <summary>Appends one piece after another.</summary>
    public Html Each<T>(IEnumerable<T> items, Action<Html, T> write)
    {
        foreach (var item in items)
            write(this, item);
        return this;
    }

    /// <summary>Markup made by code that encodes for itself, such as a plot.</summary>
    public static Html Trusted(string markup)
    {
        var html = new Html();
        html._text.Append(markup);
        return html;
    }

    public override string ToString() => _text.ToString();

    /// <summary>Encodes the holes of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Handler(int literalLength, int formattedCount, Html html)
    {
        private readonly StringBuilder _text = html._text;

        /// <summary>Upper bound of what was asked for; the builder grows by itself.</summary>
        public int Hint { get; } = literalLength + formattedCount;

        public void AppendLiteral(string literal) => _text.Append(literal);

        public void AppendFormatted(Html part) => _text.Append(part._text);

        public void AppendFormatted(string? text) => _text.Append(WebUtility.HtmlEncode(text));

        public void AppendFormatted<T>(T value)
            where T : IFormattable => AppendFormatted(value.ToString(null, CultureInfo.InvariantCulture));
    }
}
