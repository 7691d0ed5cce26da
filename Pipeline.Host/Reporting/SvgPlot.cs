using System.Globalization;
using System.Text.RegularExpressions;
using ScottPlot;

namespace Pipeline.Host.Reporting;

/// <summary>
/// A ScottPlot figure as inline SVG for the report. ScottPlot draws every mark; the words are SVG text of the page, since Skia draws none on a
/// machine without fonts (the .NET SDK image has none) and could not follow the page's style. Marks are drawn in a stand-in colour a role and
/// rewritten to the page's custom properties.
/// </summary>
internal sealed partial class SvgPlot
{
    private readonly List<string> _texts = [];
    private readonly int _width;
    private readonly int _height;
    private readonly PixelPadding _padding;

    /// <param name="width">Width in view-box units; the page scales the figure.</param>
    /// <param name="height">Height.</param>
    /// <param name="padding">Room for words around the data area.</param>
    /// <param name="limits">What the data area shows.</param>
    public SvgPlot(int width, int height, PixelPadding padding, AxisLimits limits)
    {
        (_width, _height, _padding) = (width, height, padding);
        Plot.FigureBackground.Color = Colors.Transparent;
        Plot.DataBackground.Color = Colors.Transparent;
        Plot.HideAxesAndGrid();
        Plot.Layout.Fixed(padding);
        Plot.Axes.SetLimits(limits);
        Limits = limits;
    }

    /// <summary>The figure the marks go on.</summary>
    public Plot Plot { get; } = new();

    /// <summary>What the data area shows.</summary>
    public AxisLimits Limits { get; }

    /// <summary>The stand-in for a role's colour. Never a short hex form, which the writer would abbreviate.</summary>
    public static Color Color(PlotRole role) => new((byte)1, (byte)2, (byte)(0xA0 + (int)role));

    /// <summary>Horizontal position in the figure of <paramref name="x"/> on the data's axis.</summary>
    public double X(double x) => _padding.Left + ((x - Limits.Left) / (Limits.Right - Limits.Left) * (_width - _padding.Left - _padding.Right));

    /// <summary>Vertical position in the figure of <paramref name="y"/> on the data's axis.</summary>
    public double Y(double y) => _padding.Top + ((Limits.Top - y) / (Limits.Top - Limits.Bottom) * (_height - _padding.Top - _padding.Bottom));

    /// <summary>A line across the data area.</summary>
    public void Line(double x1, double y1, double x2, double y2, PlotRole role, float width = 1, LinePattern? pattern = null)
    {
        var line = Plot.Add.Line(x1, y1, x2, y2);
        line.Color = Color(role);
        line.LineWidth = width;
        line.LinePattern = pattern ?? LinePattern.Solid;
    }

    /// <summary>Words at a place of the figure.</summary>
    /// <param name="x">Figure x.</param>
    /// <param name="y">Figure y of the base line.</param>
    /// <param name="text">What to print; encoded here.</param>
    /// <param name="anchor">start, middle or end.</param>
    /// <param name="style">Class of the page's style sheet.</param>
    public void Text(double x, double y, string text, string anchor = "middle", string style = "tick") => _texts.Add(string.Create(
        CultureInfo.InvariantCulture,
        $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\" class=\"{style}\">{System.Net.WebUtility.HtmlEncode(text)}</text>"));

    /// <summary>The figure as an SVG element.</summary>
    /// <param name="id">Unique on the page: clip paths are named by it.</param>
    /// <param name="alternative">What the figure shows, for those who do not see it.</param>
    public Html Render(string id, string alternative)
    {
        var svg = Plot.GetSvgXml(_width, _height);
        var inner = svg[(svg.IndexOf('>', svg.IndexOf("<svg", StringComparison.Ordinal)) + 1)..svg.LastIndexOf("</svg>", StringComparison.Ordinal)];
        inner = BetweenTags().Replace(inner, "><");
        inner = inner.Replace("id=\"cl_", $"id=\"{id}-", StringComparison.Ordinal).Replace("url(#cl_", $"url(#{id}-", StringComparison.Ordinal);
        foreach (var role in Enum.GetValues<PlotRole>())
        {
            var standIn = $"#0102A{(int)role}";
            inner = inner.Replace($"\"{standIn}\"", $"\"var(--{role.ToString().ToLowerInvariant()})\"", StringComparison.OrdinalIgnoreCase);
        }

        var alt = System.Net.WebUtility.HtmlEncode(alternative);
        return Html.Trusted(
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {_width} {_height}\" role=\"img\" aria-label=\"{alt}\">{inner}{string.Concat(_texts)}</svg>");
    }

    [GeneratedRegex(@">\s+<")]
    private static partial Regex BetweenTags();
}
