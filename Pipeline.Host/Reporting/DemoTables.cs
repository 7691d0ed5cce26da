using Spectre.Console;
using Spectre.Console.Rendering;
using static Pipeline.Host.Reporting.Quantities;

namespace Pipeline.Host.Reporting;

/// <summary>The closing tables of the demo in a terminal or a log: 80 columns suffice, and no information is in colour alone.</summary>
public static class DemoTables
{
    /// <summary>Prints claims, AUCs, ledger and faults of <paramref name="result"/>.</summary>
    public static void Print(IAnsiConsole console, DemoResult result)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(result);
        var unicode = console.Profile.Capabilities.Unicode;
        var claims = DemoClaims.Judge(result);
        console.WriteLine();
        console.Write(Claims(claims, unicode));
        console.WriteLine();
        console.Write(Accuracy(result, unicode));
        console.WriteLine();
        console.Write(Ledger(result, unicode));
        console.WriteLine();
        foreach (var line in Closing(result, claims))
            console.Write(new Text(line + "\n"));
    }

    private static Table Claims(IReadOnlyList<DemoClaim> claims, bool unicode)
    {
        var table = New(unicode, "Claims").AddColumn("").AddColumn("Claim").AddColumn("Measured").AddColumn("Must be");
        foreach (var claim in claims)
        {
            table.AddRow(
                new Text(Mark(claim.Status, unicode), claim.Met ? Color.Green : Color.Red),
                new Text(claim.Title),
                new Text(claim.Measured, claim.Met ? Style.Plain : new Style(Color.Red)),
                new Text(claim.Bar));
        }

        return table;
    }

    private static Table Accuracy(DemoResult result, bool unicode)
    {
        var table = New(unicode, "Macro AUC on held-out test images")
            .AddColumn(Left("Chain, hospital"))
            .AddColumn(Right("Local-only")).AddColumn(Right("Collaborative")).AddColumn(Right("Personalized")).AddColumn(Left("Chosen")).AddColumn(Right("Centralized"));
        foreach (var chain in result.Chains)
        {
            table.AddRow(Plain(chain.Id, "", Auc(chain.Auc.Collaborative), "", "", Auc(chain.Auc.Centralized)));
            foreach (var site in chain.Sites)
                table.AddRow(Plain("  " + site.Id, Auc(site.Local), Auc(site.Collaborative), Auc(site.Personalized), site.Chosen, ""));
        }

        return table;
    }

    private static Table Ledger(DemoResult result, bool unicode)
    {
        var table = New(unicode, "Ledger, and bytes a round and hospital")
            .AddColumn(Left("Chain")).AddColumn(Right("Rounds")).AddColumn(Right("Height"))
            .AddColumn(Right("Update")).AddColumn(Right("Dense")).AddColumn(Right("Ratio")).AddColumn(Right("Wire"));
        foreach (var chain in result.Chains)
        {
            var bytes = chain.Bytes;
            table.AddRow(Plain(
                chain.Id,
                Count(chain.Rounds),
                Count(chain.Height),
                Bytes(bytes.PerRoundPerSite),
                Bytes(bytes.DensePerRoundPerSite),
                Fraction(bytes.PerRoundPerSite, bytes.DensePerRoundPerSite),
                Bytes(bytes.WireTotal)));
        }

        return table;
    }

    private static IEnumerable<string> Closing(DemoResult result, IReadOnlyList<DemoClaim> claims)
    {
        var bridge = result.Bridge;
        var faults = result.Faults;
        yield return $"Bridge   {bridge.From} to {bridge.To}: packets {bridge.Packets}, accepted {bridge.Accepted}";
        yield return $"         AUC {Auc(bridge.Target)} in round {Round(bridge.RoundsToTargetWith)} with it, {Round(bridge.RoundsToTargetWithout)} without";
        yield return $"Crash    {faults.KilledSite} killed mid-round; "
            + (double.IsFinite(faults.RecoverySeconds) ? $"back after {Seconds(faults.RecoverySeconds)}" : "did not come back")
            + $"; {Count(faults.Acknowledged)} acknowledged, {Count(faults.AccountedFor)} accounted for";
        yield return "Tamper   " + (faults.TamperDetected ? faults.TamperRecord : "not detected");
        yield return $"Run      seed {result.Seed}, {Seconds(result.WallSeconds)}, peak memory {MiB(result.PeakMemoryMiB)}; "
            + $"{claims.Count(claim => claim.Met)} of {claims.Count} claims met";
    }

    private static Table New(bool unicode, string title)
    {
        var table = new Table { Title = new TableTitle(Markup.Escape(title), new Style(decoration: Decoration.Bold)) };
        return table.Border(unicode ? TableBorder.Rounded : TableBorder.Ascii);
    }

    private static TableColumn Left(string header) => new TableColumn(Markup.Escape(header)).NoWrap();

    private static TableColumn Right(string header) => Left(header).RightAligned();

    private static IEnumerable<IRenderable> Plain(params string[] cells) => cells.Select(cell => new Text(cell));

    private static string Mark(ClaimStatus status, bool unicode) => status switch
    {
        ClaimStatus.Met => unicode ? "✓" : "ok",
        ClaimStatus.Missed => unicode ? "✗" : "NO",
        _ => "?",
    };
}
