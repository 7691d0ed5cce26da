namespace Pipeline.Host.Reporting;

/// <summary>The style sheet of the report: system fonts, nothing loaded, light and dark by the reader's preference, fit to print.</summary>
internal static class ReportStyle
{
    /// <summary>The custom properties named after <see cref="PlotRole"/> colour the figures.</summary>
    public const string Css =
        """
        :root {
          color-scheme: light dark;
          --paper: #f6f7f9; --sheet: #ffffff; --ink: #16202c; --soft: #566474; --rule: #dfe4ea; --tint: #f0f3f6;
          --good: #0b7a4b; --good-tint: #e3f4eb; --bad: #b3261e; --bad-tint: #fbe9e7; --open: #8a5a00; --open-tint: #fbf1dc;
          --baseline: #aab4c0; --main: #2563c9; --personal: #0d9488; --control: #c2740c; --reference: #16202c; --grid: #e6eaef; --axis: #8995a3;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #0e1318; --sheet: #171e26; --ink: #e8edf2; --soft: #9aa8b7; --rule: #2a3440; --tint: #1e2731;
            --good: #56d39b; --good-tint: #12322a; --bad: #ff8a80; --bad-tint: #3b1c1c; --open: #f0c15c; --open-tint: #362b14;
            --baseline: #66758a; --main: #6ea4ff; --personal: #36c9b8; --control: #f0a24a; --reference: #e8edf2; --grid: #27313c; --axis: #6b7a8a;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
        main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 28px; }
        header { padding-top: 44px; }
        h1 { font-size: 2.1rem; line-height: 1.15; letter-spacing: -.02em; margin: 0 0 .5rem; text-wrap: balance; }
        h2 { font-size: 1.32rem; letter-spacing: -.01em; margin: 3rem 0 .9rem; }
        h3 { font-size: 1rem; margin: 0 0 .1rem; }
        p { margin: .4rem 0; }
        .lead { color: var(--soft); font-size: 1.06rem; max-width: 46rem; }
        .verdict { display: inline-block; margin: 1rem 0 0; padding: .3rem .85rem; border-radius: 999px; font-weight: 650; background: var(--good-tint); color: var(--good); }
        .verdict.bad { background: var(--bad-tint); color: var(--bad); }
        dl.run { display: flex; flex-wrap: wrap; gap: .7rem 2.2rem; margin: 1.5rem 0 0; padding: 0; }
        dl.run div { min-width: 0; }
        dt { color: var(--soft); font-size: .74rem; text-transform: uppercase; letter-spacing: .06em; }
        dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .claims { display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 14px; margin: 0; padding: 0; list-style: none; }
        .claim { background: var(--sheet); border: 1px solid var(--rule); border-radius: 12px; padding: 16px 18px; display: flex; flex-direction: column; }
        .claim h3 { font-size: .95rem; line-height: 1.3; text-wrap: balance; }
        .claim .head { display: flex; gap: .7rem; justify-content: space-between; align-items: start; min-height: 2.6em; }
        .mark { flex: none; font-size: .74rem; font-weight: 650; padding: .1rem .55rem; border-radius: 999px; white-space: nowrap; background: var(--good-tint); color: var(--good); }
        .missed .mark { background: var(--bad-tint); color: var(--bad); }
        .open .mark { background: var(--open-tint); color: var(--open); }
        .missed { border-color: var(--bad); }
        .number { font-size: 1.62rem; font-weight: 680; letter-spacing: -.02em; line-height: 1.25; margin: .35rem 0 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .bar { color: var(--soft); font-size: .86rem; margin: 0; }
        .detail { color: var(--soft); font-size: .83rem; line-height: 1.4; margin: .6rem 0 0; padding-top: .55rem; border-top: 1px solid var(--rule); overflow-wrap: anywhere; }
        .sheet { background: var(--sheet); border: 1px solid var(--rule); border-radius: 12px; padding: 20px 22px; margin: 14px 0; }
        .two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(430px, 100%), 1fr)); gap: 14px; }
        .two > .sheet { margin: 0; }
        figure { margin: 0; }
        figcaption { color: var(--soft); font-size: .85rem; line-height: 1.4; margin: .1rem 0 .6rem; }
        svg { display: block; width: 100%; height: auto; }
        svg text { fill: var(--soft); font-size: 12px; font-family: inherit; font-variant-numeric: tabular-nums; }
        svg text.name { fill: var(--ink); font-size: 13px; }
        svg text.value { fill: var(--ink); font-size: 12px; font-weight: 600; }
        svg text.on { fill: var(--sheet); }
        .key { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .84rem; margin: 0 0 .5rem; padding: 0; list-style: none; }
        .key li::before { content: ""; display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: .4rem; vertical-align: -1px; background: var(--swatch); }
        .key li.dash::before { height: 0; width: 18px; border-radius: 0; background: none; border-top: 2px dashed var(--swatch); vertical-align: 4px; }
        .key li.line::before { height: 3px; width: 18px; vertical-align: 3px; }
        .key li.tick::before { width: 3px; height: 14px; border-radius: 0; vertical-align: -2px; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 650; padding-bottom: .4rem; }
        th, td { text-align: right; padding: .42rem .7rem; border-bottom: 1px solid var(--rule); white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        th:last-child, td:last-child { padding-right: 0; }
        thead th { color: var(--soft); font-weight: 550; font-size: .82rem; }
        tbody th { font-weight: 550; }
        tbody tr:last-child > * { border-bottom: 0; }
        .yes { color: var(--good); font-weight: 600; } .no { color: var(--bad); font-weight: 600; }
        .facts { color: var(--soft); margin: -.5rem 0 .9rem; }
        code, pre { font: .86em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
        pre { background: var(--tint); border-radius: 8px; padding: .7rem .9rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: .6rem 0 0; }
        .big { font-size: 1.62rem; font-weight: 680; letter-spacing: -.02em; margin: .2rem 0 0; font-variant-numeric: tabular-nums; }
        .plain li { margin: .35rem 0; } .plain { margin: .4rem 0 0; padding-left: 1.15rem; }
        .limits { border-left: 4px solid var(--open); }
        footer { color: var(--soft); font-size: .84rem; padding-top: 1.6rem; padding-bottom: 3rem; }
        @media (max-width: 560px) { main, header, footer { padding-left: 16px; padding-right: 16px; } .sheet { padding: 16px; } h1 { font-size: 1.7rem; } }
        @media print { body { background: none; } .sheet, .claim, figure { break-inside: avoid; } h2 { break-after: avoid; } }
        """;
}
