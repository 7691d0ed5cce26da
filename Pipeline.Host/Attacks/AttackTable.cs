using System.Globalization;
using Spectre.Console;

namespace Pipeline.Host.Attacks;

/// <summary>The result in a terminal or a log.</summary>
internal static class AttackTable
{
    public static void Print(IAnsiConsole console, AttackResult result)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("attacker", "attacked", "measure", "value", "95 %", "without it", "target", "met");
        foreach (var figure in result.Figures)
        {
            table.AddRow(
                figure.View, Markup.Escape(figure.Subject), Markup.Escape(figure.Measure), Number(figure.Value), Range(figure), Number(figure.WithoutUpdate),
                Markup.Escape(figure.Target), Met(figure));
        }

        console.Write(table);
    }

    public static string Met(AttackResult.Figure figure) => figure.Met switch
    {
        true => "yes",
        false => "no",
        _ => "–",
    };

    public static string Range(AttackResult.Figure figure) => double.IsNaN(figure.Low) ? "–" : $"{Number(figure.Low)} … {Number(figure.High)}";

    public static string Number(double value) => !double.IsFinite(value) ? "–" :
        value.ToString(Math.Abs(value) >= 10 ? "0.0" : "0.####", CultureInfo.InvariantCulture).Replace('-', '−');
}
