using System.Globalization;
using static Pipeline.Host.Reporting.Quantities;

namespace Pipeline.Host.Reporting;

/// <summary>The demo's report: one HTML file that loads nothing, in light and dark, with every number also in words or a table.</summary>
public static class DemoReport
{
    /// <summary>Writes the report to <paramref name="htmlFile"/>, creating its folder.</summary>
    public static void Write(DemoResult result, DemoReportContext context, string htmlFile)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(context);
        ReportFile.Write(htmlFile, Page(result, context));
    }

    /// <summary>The report as HTML.</summary>
    internal static string Page(DemoResult result, DemoReportContext context)
    {
        var claims = DemoClaims.Judge(result);
        return new Html()
            .Add(
                $$"""
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <title>Pipeline demo, seed {{result.Seed}}</title>
                <style>
                {{Html.Trusted(ReportStyle.Css)}}
                </style>
                </head>
                <body>
                {{Head(result, context, claims)}}
                <main>
                {{Claims(claims)}}
                {{ReportSections.HowToRead()}}
                """)
            .Each(result.Chains.Index(), (html, item) => html.Add($"{ReportSections.Chain(item.Item, result, $"c{item.Index}")}"))
            .Add(
                $$"""
                {{ReportSections.Bytes(result)}}
                {{ReportSections.Ledger(result)}}
                {{ReportSections.Faults(result)}}
                {{ReportSections.Limits(result)}}
                </main>
                <footer>Pipeline {{context.Version}}. Repeat this run: <code>{{context.Command}}</code></footer>
                </body>
                </html>
                """)
            .ToString();
    }

    private static Html Head(DemoResult result, DemoReportContext context, IReadOnlyList<DemoClaim> claims)
    {
        var hospitals = result.Chains.SelectMany(chain => chain.Sites).Select(site => site.Id).Distinct(StringComparer.Ordinal).Count();
        var met = claims.Count(claim => claim.Met);
        return new Html().Add(
            $$"""
            <header>
            <h1>{{Words(hospitals)}} hospitals trained together, and no image left any of them</h1>
            <p class="lead">{{result.Chains.Count}} learning tasks, each on a chain of its own; every image came in by DICOM C-STORE, every update went out as a
            signed transaction, and a bridge carried what {{result.Bridge.From}} had learned to {{result.Bridge.To}}.</p>
            <p class="verdict{{(met == claims.Count ? "" : " bad")}}">{{met}} of {{claims.Count}} claims met{{(context.Quick ? " · shortened run" : "")}}</p>
            <dl class="run">
            <div><dt>Seed</dt><dd>{{result.Seed}}</dd></div>
            <div><dt>Wall time</dt><dd>{{Seconds(result.WallSeconds)}}</dd></div>
            <div><dt>Peak memory</dt><dd>{{MiB(result.PeakMemoryMiB)}}</dd></div>
            <div><dt>Machine</dt><dd>{{context.Machine}}</dd></div>
            <div><dt>Version</dt><dd>{{context.Version}}</dd></div>
            <div><dt>Finished</dt><dd>{{context.FinishedUtc.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}}</dd></div>
            </dl>
            </header>
            """);
    }

    private static Html Claims(IReadOnlyList<DemoClaim> claims) => new Html()
        .Add($"""<h2>What was claimed, what was measured</h2><ul class="claims">""")
        .Each(claims, (html, claim) => html.Add(
            $$"""
            <li class="claim {{Class(claim.Status)}}">
            <div class="head"><h3>{{claim.Title}}</h3><span class="mark">{{Mark(claim.Status)}}</span></div>
            <p class="number">{{claim.Measured}}</p>
            <p class="bar">must be {{claim.Bar}}</p>
            <p class="detail">{{claim.Detail}}</p>
            </li>
            """))
        .Add($"</ul>");

    private static string Class(ClaimStatus status) => status switch
    {
        ClaimStatus.Met => "met",
        ClaimStatus.Missed => "missed",
        _ => "open",
    };

    private static string Mark(ClaimStatus status) => status switch
    {
        ClaimStatus.Met => "✓ met",
        ClaimStatus.Missed => "✗ not met",
        _ => "? not measured",
    };

    private static string Words(int count) => count switch
    {
        2 => "Two",
        3 => "Three",
        4 => "Four",
        5 => "Five",
        6 => "Six",
        _ => count.ToString(CultureInfo.InvariantCulture),
    };
}
