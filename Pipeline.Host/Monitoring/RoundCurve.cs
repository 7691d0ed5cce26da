using System.Globalization;
using System.Net;
using System.Text;

namespace Pipeline.Host.Monitoring;

/// <summary>A chain's rounds as inline SVG: the loss of this site's steps as a line, under it how many members contributed to each round.</summary>
internal static class RoundCurve
{
    private const double Width = 640, Height = 190, Left = 58, Right = 12, Top = 14, LossBottom = 128, BarTop = 142, BarBottom = 168;

    /// <param name="members">Of the chain: a full bar.</param>
    /// <returns>Empty where there is nothing to draw.</returns>
    public static string Render(IReadOnlyList<RoundPoint> rounds, int members)
    {
        if (rounds.Count == 0)
            return "";
        long first = rounds[0].Round, last = Math.Max(rounds[^1].Round, first + 1);
        double slot = (Width - Left - Right) / (last - first + 1);
        double X(long round) => Left + ((round - first + 0.5) * slot);
        var svg = new StringBuilder();
        var losses = rounds.Where(r => r.Loss is not null).Select(r => (r.Round, Loss: r.Loss!.Value)).ToArray();
        string words = losses.Length == 0 ? "no local loss known" : $"local loss {Number(losses[0].Loss)} in round {losses[0].Round}, {Number(losses[^1].Loss)} in round {losses[^1].Round}";
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"Rounds {first} to {rounds[^1].Round}: {WebUtility.HtmlEncode(words)}\">");
        if (losses.Length > 0)
            Loss(svg, losses, X);
        Text(svg, Left - 8, BarBottom - 8, "end", "updates");
        foreach (var round in rounds.Where(r => r.Contributions is not null))
        {
            double share = Math.Min(1.0, (double)round.Contributions!.Value / Math.Max(1, members)), tall = share * (BarBottom - BarTop), wide = Math.Max(1, Math.Min(slot * 0.7, 18));
            svg.Append(CultureInfo.InvariantCulture,
                $"<rect class=\"{(share >= 1 ? "full" : "part")}\" x=\"{X(round.Round) - (wide / 2):0.#}\" y=\"{BarBottom - tall:0.#}\" width=\"{wide:0.#}\" height=\"{tall:0.#}\" rx=\"1.5\"><title>round {round.Round}: {round.Contributions} of {members}</title></rect>");
        }

        Text(svg, X(first), Height - 6, "middle", $"round {first}");
        if (rounds[^1].Round > first)
            Text(svg, X(rounds[^1].Round), Height - 6, rounds[^1].Round == last ? "end" : "middle", $"{rounds[^1].Round}");
        return svg.Append("</svg>").ToString();
    }

    private static void Loss(StringBuilder svg, (long Round, double Loss)[] losses, Func<long, double> x)
    {
        double high = losses.Max(l => l.Loss), low = losses.Min(l => l.Loss), span = Math.Max(high - low, 1e-6);
        double Y(double loss) => Top + ((high - loss) / span * (LossBottom - Top));
        foreach (var (value, y) in new[] { (high, Top), (low, LossBottom) })
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/>");
            Text(svg, Left - 8, y + 4, "end", Number(value));
        }

        string line = string.Join(' ', losses.Select(l => string.Create(CultureInfo.InvariantCulture, $"{x(l.Round):0.#},{Y(l.Loss):0.#}")));
        svg.Append(CultureInfo.InvariantCulture, $"<polygon class=\"area\" points=\"{x(losses[0].Round):0.#},{LossBottom} {line} {x(losses[^1].Round):0.#},{LossBottom}\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"loss\" points=\"{line}\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot\" cx=\"{x(losses[^1].Round):0.#}\" cy=\"{Y(losses[^1].Loss):0.#}\" r=\"3.5\"/>");
    }

    private static void Text(StringBuilder svg, double x, double y, string anchor, string text) => svg.Append(
        CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\">{WebUtility.HtmlEncode(text)}</text>");

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 10 ? "0.0" : "0.000", CultureInfo.InvariantCulture);
}
