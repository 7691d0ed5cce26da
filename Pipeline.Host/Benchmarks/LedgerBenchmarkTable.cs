using System.Globalization;
using Spectre.Console;

namespace Pipeline.Host.Benchmarks;

/// <summary>The closing table of <c>pipeline bench</c>: a row a figure, within 80 columns.</summary>
internal static class LedgerBenchmarkTable
{
    public static void Print(IAnsiConsole console, IReadOnlyList<Figure> figures)
    {
        var table = new Table()
            .Border(console.Profile.Capabilities.Unicode ? TableBorder.Rounded : TableBorder.Ascii)
            .AddColumn("Figure").AddColumn(Right("Measured")).AddColumn(Right("Floor")).AddColumn(Right("Ratio")).AddColumn(Right("Bar")).AddColumn("");
        foreach (var figure in figures)
        {
            table.AddRow(
                new Text(Label(figure.Name)), new Text(Quantity(figure.Value, figure.Unit)), new Text(Quantity(figure.Floor, figure.Unit)),
                new Text(Ratio(figure.Ratio)), new Text(Label(figure.Bar, figure.Unit)),
                new Text(figure.Passed switch { true => "met", false => "missed", null => "" }));
        }

        console.Write(table);
    }

    private static string Label(string name) => name switch
    {
        "commitLatency" => "commit, median",
        "commitLatencyP99" => "commit, p99",
        "commitLatencyAtAll" => "commit at all, median",
        "commitLatencyAtAllP99" => "commit at all, p99",
        "throughput" => "transactions, n = 4",
        "headerVerification4" => "headers, n = 4",
        "headerVerification7" => "headers, n = 7",
        "aggregation" => "aggregation",
        "dicomHeader" => "DICOM header, dcmdump",
        "dicomFrame" => "DICOM frame, fo-dicom",
        "payloadTransfer" => "payload to 3 peers",
        "payloadPublished" => "payload published",
        "lightClient" => "header, n = 30",
        "manyMembers" => "block at all 30",
        "restart" => "restart, a snapshot",
        "durable1" => "1 association, 8 operations, to disk",
        "durable4" => "4 associations, 8 operations, to disk",
        "durableOneByOne1" => "1 association, one by one, to disk",
        "durableOneByOne4" => "4 associations, one by one, to disk",
        "storescuNoDelay1" => "storescu, NODELAY, n = 1",
        "storescuNoDelay4" => "storescu, NODELAY, n = 4",
        "storescuDefault1" => "storescu, default, n = 1",
        "storescuDefault4" => "storescu, default, n = 4",
        "residentMemory" => "resident memory",
        "trainingSteps" => "training steps",
        "liveTensors" => "live tensors",
        _ => name,
    };

    private static string Label(Bar? bar, string unit) => bar switch
    {
        null => "",
        { Kind: BarKind.RatioAtMost } => "≤ " + Ratio(bar.Value),
        { Kind: BarKind.RatioAtLeast } => "≥ " + Ratio(bar.Value),
        _ => "≤ " + Quantity(bar.Value, unit),
    };

    private static string Quantity(double? value, string unit) => value is not { } known ? ""
        : unit == "1/s" ? known.ToString("N0", CultureInfo.InvariantCulture) + " /s"
        : known.ToString("0.0", CultureInfo.InvariantCulture) + " " + unit;

    private static string Ratio(double? ratio) => ratio?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";

    private static TableColumn Right(string header) => new TableColumn(header).RightAligned();
}
