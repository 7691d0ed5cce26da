using System.Globalization;
using ScottPlot;
using static Pipeline.Host.Reporting.Quantities;

namespace Pipeline.Host.Reporting;

/// <summary>The figures of the report. Every number in a figure is in a table or card of the page too.</summary>
internal static class ReportPlots
{
    private const int Width = 500;
    private const int Height = 280;

    /// <summary>Bars a hospital: local-only, collaborative, personalized; the centralized model as a line.</summary>
    public static Html Hospitals(DemoResult.Chain chain, string id)
    {
        var values = chain.Sites.SelectMany(site => new[] { site.Local, site.Collaborative, site.Personalized }).Append(chain.Auc.Centralized);
        var floor = Floor(values);
        var sites = chain.Sites;
        var plot = new SvgPlot(Width, Height, new PixelPadding(34, 4, 30, 10), new AxisLimits(-0.55, Math.Max(sites.Count, 1) - 0.45, floor, 1));
        AucAxis(plot, floor);
        for (var i = 0; i < sites.Count; i++)
        {
            Bar(plot, i - 0.27, sites[i].Local, floor, PlotRole.Baseline);
            Bar(plot, i, sites[i].Collaborative, floor, PlotRole.Main);
            Bar(plot, i + 0.27, sites[i].Personalized, floor, PlotRole.Personal);
            plot.Text(plot.X(i), Height - 10, sites[i].Id, style: "name");
        }

        if (double.IsFinite(chain.Auc.Centralized))
            plot.Line(plot.Limits.Left, chain.Auc.Centralized, plot.Limits.Right, chain.Auc.Centralized, PlotRole.Reference, 1.5f, LinePattern.Dashed);
        plot.Line(plot.Limits.Left, floor, plot.Limits.Right, floor, PlotRole.Axis);
        var numbers = sites.Select(site =>
            $"{site.Id}: local-only {Auc(site.Local)}, collaborative {Auc(site.Collaborative)}, personalized {Auc(site.Personalized)}");
        return plot.Render(id, $"AUC by hospital on {chain.Id}. {string.Join("; ", numbers)}. Centralized {Auc(chain.Auc.Centralized)}.");
    }

    /// <summary>AUC of the global model by round; with a bridge also the run without it and the target.</summary>
    public static Html Curve(DemoResult.Chain chain, DemoResult.BridgeRun? bridge, string id)
    {
        var points = chain.Curve.Concat(chain.CurveWithoutBridge).Where(point => double.IsFinite(point.Auc)).ToList();
        var reference = bridge is { } run && double.IsFinite(run.Target) ? run.Target : chain.Auc.Centralized;
        var floor = Floor(points.Select(point => point.Auc).Append(reference));
        var first = points.Count > 0 ? points.Min(point => point.Round) : 0;
        var last = points.Count > 0 ? Math.Max(points.Max(point => point.Round), first + 1) : 1;
        var plot = new SvgPlot(Width, Height, new PixelPadding(34, 46, 46, 10), new AxisLimits(first, last, floor, 1));
        AucAxis(plot, floor);
        foreach (var round in RoundTicks(first, last))
            plot.Text(plot.X(round), Height - 26, Count(round));
        plot.Text((plot.X(first) + plot.X(last)) / 2, Height - 6, "round", style: "name");
        if (double.IsFinite(reference))
            plot.Line(first, reference, last, reference, PlotRole.Reference, 1.5f, LinePattern.Dashed);
        Trace(plot, chain.CurveWithoutBridge, PlotRole.Control);
        Trace(plot, chain.Curve, PlotRole.Main);
        if (bridge is not null)
        {
            Reached(plot, chain.CurveWithoutBridge, bridge.RoundsToTargetWithout, PlotRole.Control, floor);
            Reached(plot, chain.Curve, bridge.RoundsToTargetWith, PlotRole.Main, floor);
        }

        Ends(plot, chain, last);
        plot.Line(first, floor, last, floor, PlotRole.Axis);
        var end = chain.Curve.Count > 0 ? $"ends at {Auc(chain.Curve[^1].Auc)} in round {chain.Curve[^1].Round}" : "has no points";
        var against = bridge is null
            ? $"centralized {Auc(chain.Auc.Centralized)}"
            : $"target {Auc(bridge.Target)} reached in round {Round(bridge.RoundsToTargetWith)} with the bridge and {Round(bridge.RoundsToTargetWithout)} without";
        return plot.Render(id, $"AUC by round on {chain.Id}: the global model {end}; {against}.");
    }

    /// <summary>An update against dense fp32 on a logarithmic axis, a pair of bars a chain, and a tick at a hundredth of dense.</summary>
    public static Html UpdateBytes(IReadOnlyList<DemoResult.Chain> chains, string id)
    {
        var sizes = chains.SelectMany(chain => new[] { chain.Bytes.PerRoundPerSite, chain.Bytes.DensePerRoundPerSite }).Where(size => size > 0).ToList();
        var low = sizes.Count > 0 ? Math.Floor(Math.Log10(sizes.Min()) - 0.15) : 0;
        var high = sizes.Count > 0 ? Math.Max(Math.Ceiling(Math.Log10(sizes.Max())), low + 1) : 1;
        var height = 44 + (70 * Math.Max(chains.Count, 1));
        var plot = new SvgPlot(960, height, new PixelPadding(120, 84, 30, 8), new AxisLimits(low, high, Math.Max(chains.Count, 1) - 0.5, -0.5));
        for (var power = low; power <= high; power++)
        {
            plot.Line(power, plot.Limits.Bottom, power, plot.Limits.Top, PlotRole.Grid);
            plot.Text(plot.X(power), height - 10, Decade(power));
        }

        for (var i = 0; i < chains.Count; i++)
        {
            var bytes = chains[i].Bytes;
            plot.Text(108, plot.Y(i) + 4, chains[i].Id, "end", "name");
            Size(plot, i - 0.18, bytes.PerRoundPerSite, low, PlotRole.Main);
            Size(plot, i + 0.18, bytes.DensePerRoundPerSite, low, PlotRole.Baseline);
            var bar = Math.Log10(Math.Max(bytes.DensePerRoundPerSite, 1) / (double)DemoClaims.UpdateRatio);
            if (bar > low)
                plot.Line(bar, i - 0.38, bar, i + 0.02, PlotRole.Reference, 2);
        }

        var numbers = chains.Select(chain =>
            $"{chain.Id}: update {Bytes(chain.Bytes.PerRoundPerSite)}, dense fp32 {Bytes(chain.Bytes.DensePerRoundPerSite)}");
        return plot.Render(id, $"Bytes a round and hospital, logarithmic. {string.Join("; ", numbers)}.");
    }

    /// <summary>Where an AUC axis starts: at chance, or at the tenth below a lesser value.</summary>
    private static double Floor(IEnumerable<double> values)
    {
        var least = values.Where(double.IsFinite).DefaultIfEmpty(0.5).Min();
        return Math.Max(0, Math.Min(0.5, Math.Floor(least * 10) / 10));
    }

    private static void AucAxis(SvgPlot plot, double floor)
    {
        for (var tenth = (int)Math.Round(floor * 10); tenth <= 10; tenth++)
        {
            var auc = tenth / 10.0;
            plot.Line(plot.Limits.Left, auc, plot.Limits.Right, auc, PlotRole.Grid);
            plot.Text(26, plot.Y(auc) + 4, auc.ToString("0.0", CultureInfo.InvariantCulture), "end");
        }
    }

    private static void Bar(SvgPlot plot, double x, double auc, double floor, PlotRole role)
    {
        if (!double.IsFinite(auc))
        {
            plot.Text(plot.X(x), plot.Y(floor) - 4, "–", style: "value");
            return;
        }

        plot.Plot.Add.Bar(new Bar { Position = x, Value = auc, ValueBase = floor, Size = 0.25, FillColor = SvgPlot.Color(role), LineWidth = 0 });

        // At the foot of its bar a number never meets the line of the centralized model; a bar too short for it wears it on top.
        var inside = plot.Y(floor) - plot.Y(auc) > 22;
        var style = !inside ? "value" : role == PlotRole.Baseline ? "value" : "value on";
        plot.Text(plot.X(x), inside ? plot.Y(floor) - 8 : plot.Y(auc) - 4, auc.ToString(".00", CultureInfo.InvariantCulture), style: style);
    }

    private static void Size(SvgPlot plot, double y, long bytes, double low, PlotRole role)
    {
        if (bytes <= 0)
            return;
        plot.Plot.Add.Bar(new Bar
        {
            Position = y,
            Value = Math.Log10(bytes),
            ValueBase = low,
            Size = 0.3,
            Orientation = Orientation.Horizontal,
            FillColor = SvgPlot.Color(role),
            LineWidth = 0,
        });
        plot.Text(plot.X(Math.Log10(bytes)) + 8, plot.Y(y) + 4, Bytes(bytes), "start", "value");
    }

    private static void Trace(SvgPlot plot, IReadOnlyList<DemoResult.CurvePoint> curve, PlotRole role)
    {
        var known = curve.Where(point => double.IsFinite(point.Auc)).OrderBy(point => point.Round).ToList();
        if (known.Count == 0)
            return;
        var line = plot.Plot.Add.Scatter(known.Select(point => (double)point.Round).ToArray(), known.Select(point => point.Auc).ToArray());
        line.Color = SvgPlot.Color(role);
        line.LineWidth = 2.5f;
        line.MarkerSize = known.Count > 40 ? 0 : 5;
    }

    /// <summary>The last value of each curve beside it, kept a line apart.</summary>
    private static void Ends(SvgPlot plot, DemoResult.Chain chain, int last)
    {
        const double apart = 16;
        var ends = new[] { chain.Curve, chain.CurveWithoutBridge }
            .Select(curve => curve.Where(point => double.IsFinite(point.Auc)).MaxBy(point => point.Round))
            .OfType<DemoResult.CurvePoint>()
            .Where(point => point.Round == last)
            .OrderByDescending(point => point.Auc)
            .Select(point => (point.Auc, Y: plot.Y(point.Auc)))
            .ToList();
        if (ends.Count == 2 && ends[1].Y - ends[0].Y < apart)
        {
            var middle = (ends[0].Y + ends[1].Y) / 2;
            ends = [(ends[0].Auc, middle - (apart / 2)), (ends[1].Auc, middle + (apart / 2))];
        }

        foreach (var (auc, y) in ends)
            plot.Text(plot.X(last) + 6, y + 4, Auc(auc), "start", "value");
    }

    /// <summary>Drops a line from the point that first reached the target to the axis.</summary>
    private static void Reached(SvgPlot plot, IReadOnlyList<DemoResult.CurvePoint> curve, int? round, PlotRole role, double floor)
    {
        if (curve.FirstOrDefault(point => point.Round == round) is not { } point || !double.IsFinite(point.Auc))
            return;
        plot.Line(point.Round, floor, point.Round, point.Auc, role, 1.2f, LinePattern.Dotted);
        var right = plot.X(point.Round) > Width * 0.8;
        plot.Text(plot.X(point.Round) + (right ? -6 : 6), plot.Y(floor) - 8, $"round {Count(point.Round)}", right ? "end" : "start", "value");
    }

    private static IEnumerable<int> RoundTicks(int first, int last)
    {
        int[] steps = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000];
        var step = steps.FirstOrDefault(candidate => (last - first) / candidate <= 10, Math.Max(1, (last - first) / 10));
        for (var round = (first + step - 1) / step * step; round <= last; round += step)
            yield return round;
    }

    private static string Decade(double power) => Bytes(Math.Pow(10, power)).Replace(".0", "", StringComparison.Ordinal);
}
