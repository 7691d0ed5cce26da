using System.Globalization;
using Pipeline.Host.Reporting;
using Spectre.Console;

namespace Pipeline.Host.Experiments;

/// <summary>The result in a terminal or a log.</summary>
internal static class ExperimentTables
{
    public static void Print(IAnsiConsole console, ExperimentResult result)
    {
        var arms = new Table().Border(TableBorder.Simple).AddColumns("task", "arm", "macro-AUC", "95 %", "balanced accuracy", "payload a round", "on the wire");
        foreach (var arm in result.Arms)
        {
            arms.AddRow(
                Markup.Escape(arm.Task), Markup.Escape(arm.Arm), Quantities.Auc(arm.AucMean), Range(arm.AucLow, arm.AucHigh), Quantities.Auc(arm.BalancedAccuracy),
                arm.PayloadBytesPerRound > 0 ? Quantities.Bytes(arm.PayloadBytesPerRound) : "–", arm.WireBytesTotal > 0 ? Quantities.Bytes(arm.WireBytesTotal) : "–");
        }

        console.Write(arms);
        var comparisons = new Table().Border(TableBorder.Simple).AddColumns("comparison", "value", "95 %", "met");
        foreach (var comparison in result.Comparisons)
        {
            comparisons.AddRow(
                Markup.Escape(comparison.Claim), Number(comparison.Value), $"{Number(comparison.Low)} … {Number(comparison.High)}", comparison.Met ? "yes" : "no");
        }

        console.Write(comparisons);
    }

    private static string Range(double low, double high) => $"{Quantities.Auc(low)} … {Quantities.Auc(high)}";

    private static string Number(double value) => !double.IsFinite(value) ? "–" :
        value.ToString(Math.Abs(value) >= 10 ? "0.0" : "0.0000", CultureInfo.InvariantCulture).Replace('-', '−');
}
