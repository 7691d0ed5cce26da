using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using static Pipeline.Host.Reporting.Quantities;

namespace Pipeline.Host.Reporting;

/// <summary>Draws a <see cref="DemoSnapshot"/>: a table for a live display, one line a chain for a log. Pure: the caller owns the clock.</summary>
public static class DemoLiveTable
{
    /// <summary>Columns a terminal needs for the full table; a narrower one gets the table without samples, update bytes and bars.</summary>
    public const int FullWidth = 100;

    private const int BarCells = 6;
    private const int StateWidth = 20;

    /// <summary>The whole display: phase, a row a site and chain, the latest events. Its height depends on the number of rows only.</summary>
    /// <param name="snapshot">What to draw.</param>
    /// <param name="width">Columns of the terminal.</param>
    public static IRenderable Render(DemoSnapshot snapshot, int width = FullWidth)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var full = width >= FullWidth;
        var table = new Table().Border(TableBorder.None);
        table.AddColumn(Column("Hospital")).AddColumn(Right("Images"));
        if (full)
            table.AddColumn(Right("Samples"));
        table.AddColumn(Column("Round")).AddColumn(Right("Height")).AddColumn(Right("AUC"));
        if (full)
            table.AddColumn(Right("Updates"));
        table.AddColumn(Right("Wire")).AddColumn(Column("State").PadRight(0));

        var first = true;
        foreach (var chain in snapshot.Rows.GroupBy(row => row.Chain, StringComparer.Ordinal))
        {
            if (!first)
                table.AddEmptyRow();
            first = false;
            table.AddRow(new Text(Cut(chain.Key, StateWidth), new Style(Color.Aqua, decoration: Decoration.Bold)));
            foreach (var row in chain)
                table.AddRow(Cells(row, full));
        }

        var shown = snapshot.Events.TakeLast(DemoSnapshot.ShownEvents).ToList();
        shown.AddRange(Enumerable.Repeat(" ", DemoSnapshot.ShownEvents - shown.Count));
        return new Rows(
        [
            new Text(Cut($"{Clock(snapshot.Elapsed)}  {snapshot.Phase}", width), new Style(decoration: Decoration.Bold)),
            table,
            .. shown.Select(line => new Text(Cut(line, width), new Style(Color.Grey))),
        ]);
    }

    /// <summary>For a log: one line a chain, every few seconds.</summary>
    public static IReadOnlyList<string> ToPlainLines(DemoSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var lines = new List<string>();
        foreach (var chain in snapshot.Rows.GroupBy(row => row.Chain, StringComparer.Ordinal))
        {
            var rows = chain.ToList();
            var known = rows.Where(row => row.Auc is not null).MaxBy(row => row.Round)?.Auc;
            var states = rows
                .GroupBy(row => row.State, StringComparer.Ordinal)
                .Select(group => group.Count() == rows.Count ? group.Key : $"{string.Join(",", group.Select(row => row.Site))} {group.Key}");
            lines.Add(
                $"{Clock(snapshot.Elapsed)}  {chain.Key}  round {rows.Max(row => row.Round)}/{rows.Max(row => row.TotalRounds)}"
                + $"  height {Span(rows.Min(row => row.Height), rows.Max(row => row.Height))}"
                + $"  images {Count(rows.Sum(row => row.ImagesReceived))}  samples {Count(rows.Sum(row => row.Samples))}"
                + $"  AUC {(known is { } auc ? Auc(auc) : "–")}"
                + $"  updates {Bytes(rows.Sum(row => row.UpdateBytes))}  wire {Bytes(rows.Sum(row => row.WireBytes))}"
                + $"  {string.Join("; ", states)}");
        }

        return lines;
    }

    private static IEnumerable<IRenderable> Cells(DemoSnapshot.Row row, bool full)
    {
        yield return new Text(Cut(row.Site, StateWidth));
        yield return new Text(Count(row.ImagesReceived));
        if (full)
            yield return new Text(Count(row.Samples));
        yield return new Markup(Progress(row, full));
        yield return new Text(Count(row.Height));
        yield return new Text(row.Auc is { } auc ? Auc(auc) : "–");
        if (full)
            yield return new Text(Bytes(row.UpdateBytes));
        yield return new Text(Bytes(row.WireBytes));
        yield return new Text(Cut(row.State, StateWidth), StateStyle(row.State));
    }

    private static string Progress(DemoSnapshot.Row row, bool full)
    {
        var digits = row.TotalRounds.ToString(CultureInfo.InvariantCulture).Length;
        var round = $"{row.Round.ToString(CultureInfo.InvariantCulture).PadLeft(digits)}/{row.TotalRounds}";
        if (!full)
            return round;
        var share = row.TotalRounds > 0 ? Math.Clamp((double)row.Round / row.TotalRounds, 0, 1) : 0;
        var done = (int)Math.Round(share * BarCells);
        return $"[green]{new string('━', done)}[/][grey]{new string('─', BarCells - done)}[/] {round}";
    }

    private static Style StateStyle(string state) => state switch
    {
        "killed" => new Style(Color.Red, decoration: Decoration.Bold),
        "syncing" => new Style(Color.Yellow),
        _ when state.StartsWith("waiting", StringComparison.Ordinal) => new Style(Color.Yellow),
        _ => new Style(Color.Green),
    };

    private static string Clock(TimeSpan elapsed) => elapsed.ToString(elapsed.TotalHours >= 1 ? @"h\:mm\:ss" : @"mm\:ss", CultureInfo.InvariantCulture);

    private static string Span(long low, long high) => low == high ? Count(high) : $"{Count(low)}–{Count(high)}";

    private static TableColumn Column(string header) => new TableColumn($"[grey]{header}[/]").NoWrap().PadLeft(0).PadRight(2);

    private static TableColumn Right(string header) => Column(header).RightAligned();

    /// <summary>Fits one line: control characters would move the cursor of a live display.</summary>
    private static string Cut(string text, int width)
    {
        var line = string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter));
        return line.Length <= width ? line : string.Concat(line.AsSpan(0, Math.Max(width - 1, 0)), "…");
    }
}
