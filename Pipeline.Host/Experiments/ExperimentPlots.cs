using System.Globalization;
using Pipeline.Host.Reporting;
using ScottPlot;

namespace Pipeline.Host.Experiments;

/// <summary>The figures of an experiment's report.</summary>
internal static class ExperimentPlots
{
    private const int Width = 500, Height = 300;

    /// <summary>In the order in which arms take them.</summary>
    private static readonly PlotRole[] Roles = [PlotRole.Main, PlotRole.Control, PlotRole.Personal, PlotRole.Baseline, PlotRole.Reference];

    /// <summary>AUC by round of every arm that has a curve, with the range over seeds as a band.</summary>
    public static Html Curves(TaskRuns runs, string id)
    {
        string[] arms = [.. runs.Arms.Where(a => runs.Curve(a).Count > 0)];
        var curves = arms.Select(runs.Curve).ToArray();
        double floor = Floor(curves.SelectMany(c => c).Select(p => p.Low));
        int last = Math.Max(1, curves.SelectMany(c => c).Select(p => p.Round).DefaultIfEmpty(1).Max());
        var plot = new SvgPlot(Width, Height, new PixelPadding(34, 10, 46, 24), new AxisLimits(0, last, floor, 1));
        Grid(plot, floor);
        plot.Text(plot.X(0), Height - 26, "0");
        plot.Text(plot.X(last), Height - 26, last.ToString(CultureInfo.InvariantCulture));
        plot.Text((plot.X(0) + plot.X(last)) / 2, Height - 6, "round", style: "name");
        for (int i = 0; i < arms.Length; i++)
        {
            var role = Roles[i % Roles.Length];
            double[] x = [.. curves[i].Select(p => (double)p.Round)];
            var band = plot.Plot.Add.FillY(x, [.. curves[i].Select(p => p.Low)], [.. curves[i].Select(p => p.High)]);
            band.FillColor = SvgPlot.Color(role).WithAlpha(.18);
            band.LineWidth = 0;
            band.MarkerSize = 0;
            var line = plot.Plot.Add.Scatter(x, [.. curves[i].Select(p => p.Mean)]);
            line.Color = SvgPlot.Color(role);
            line.LineWidth = 2.2f;
            line.MarkerSize = 0;
        }

        return new Html().Add(
            $"{Key(arms)}{plot.Render(id, $"AUC by round. {string.Join("; ", arms.Select((a, i) => $"{a} ends at {Quantities.Auc(curves[i][^1].Mean)}"))}.")}");
    }

    /// <summary>A bar for each arm at each institution.</summary>
    public static Html Sites(IReadOnlyList<ExperimentResult.ArmResult> arms, string id)
    {
        var shown = arms.Take(Roles.Length).ToArray();
        var sites = shown.Length == 0 ? [] : shown[0].PerSite;
        double floor = Floor(shown.SelectMany(a => a.PerSite).Select(s => s.Auc));
        var plot = new SvgPlot(Width, Height, new PixelPadding(34, 4, 30, 10), new AxisLimits(-0.55, Math.Max(sites.Count, 1) - 0.45, floor, 1));
        Grid(plot, floor);
        double width = 0.86 / Math.Max(1, shown.Length);
        for (int s = 0; s < sites.Count; s++)
        {
            for (int a = 0; a < shown.Length; a++)
            {
                double auc = shown[a].PerSite[s].Auc, at = s + (a - (shown.Length - 1) / 2.0) * width;
                if (double.IsFinite(auc))
                    plot.Plot.Add.Bar(new Bar { Position = at, Value = auc, ValueBase = floor, Size = width * .92, FillColor = SvgPlot.Color(Roles[a]), LineWidth = 0 });
            }

            plot.Text(plot.X(s), Height - 10, sites[s].Site, style: "name");
        }

        return new Html().Add(
            $"{Key([.. shown.Select(a => a.Arm)])}{plot.Render(id, "AUC by institution; the table below has the numbers.")}");
    }

    private static Html Key(string[] arms)
    {
        var html = new Html().Add($"""<ul class="key">""");
        for (int i = 0; i < arms.Length; i++)
            html.Add($"""<li style="--swatch:var(--{Roles[i % Roles.Length].ToString().ToLowerInvariant()})">{arms[i]}</li>""");
        return html.Add($"</ul>");
    }

    private static void Grid(SvgPlot plot, double floor)
    {
        for (int tenth = (int)Math.Round(floor * 10); tenth <= 10; tenth++)
        {
            plot.Line(plot.Limits.Left, tenth / 10.0, plot.Limits.Right, tenth / 10.0, PlotRole.Grid);
            plot.Text(26, plot.Y(tenth / 10.0) + 4, (tenth / 10.0).ToString("0.0", CultureInfo.InvariantCulture), "end");
        }
    }

    private static double Floor(IEnumerable<double> values)
    {
        double least = values.Where(double.IsFinite).DefaultIfEmpty(0.5).Min();
        return Math.Clamp(Math.Floor(least * 10) / 10, 0, 0.9);
    }
}
