namespace Pipeline.Host.Monitoring;

/// <summary>The style sheet of the status page: system fonts, nothing loaded, light and dark by the reader's preference.</summary>
internal static class StatusStyle
{
    public const string Css =
        """
        :root {
          color-scheme: light dark;
          --paper: #f4f6f9; --sheet: #fff; --ink: #15202d; --soft: #5a6878; --rule: #e0e5ec; --tint: #eef2f7; --main: #2563c9; --main-tint: #dbe7fb;
          --good: #0b7a4b; --good-tint: #e1f4ea; --bad: #b3261e; --bad-tint: #fbe8e6; --open: #8a5a00; --open-tint: #fbf0d9;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #0d1218; --sheet: #161d26; --ink: #e6ecf2; --soft: #97a6b6; --rule: #28323e; --tint: #1d2631; --main: #6ea4ff; --main-tint: #1c2f52;
            --good: #56d39b; --good-tint: #12322a; --bad: #ff8a80; --bad-tint: #3b1c1c; --open: #f0c15c; --open-tint: #362b14;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; }
        main, header, footer { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
        header { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: baseline; padding-top: 30px; padding-bottom: 6px; }
        h1 { font-size: 1.7rem; letter-spacing: -.02em; margin: 0; }
        header p { margin: 0; color: var(--soft); flex: 1; min-width: 16rem; }
        h2 { font-size: 1.12rem; margin: 0; letter-spacing: -.01em; }
        h3 { font-size: .76rem; font-weight: 600; text-transform: uppercase; letter-spacing: .06em; color: var(--soft); margin: 0 0 .5rem; }
        .pill { display: inline-block; padding: .12rem .7rem; border-radius: 999px; font-size: .82rem; font-weight: 650; background: var(--tint); color: var(--soft); white-space: nowrap; }
        .good { background: var(--good-tint); color: var(--good); } .bad { background: var(--bad-tint); color: var(--bad); } .open { background: var(--open-tint); color: var(--open); }
        .problems { background: var(--open-tint); color: var(--open); border-radius: 12px; padding: 12px 18px; margin: 14px 0 0; list-style: none; overflow-wrap: anywhere; }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 16px 0; }
        .figure, .sheet { background: var(--sheet); border: 1px solid var(--rule); border-radius: 12px; padding: 14px 16px; }
        .figure b { display: block; font-size: 1.55rem; font-weight: 680; letter-spacing: -.02em; line-height: 1.25; }
        .figure span { color: var(--soft); font-size: .84rem; }
        .sheet { padding: 18px 20px; margin: 0 0 14px; min-width: 0; }
        .head { display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: center; margin-bottom: .7rem; }
        .head .soft { color: var(--soft); font-size: .88rem; }
        .track { height: 8px; border-radius: 999px; background: var(--tint); overflow: hidden; margin: .3rem 0 .9rem; }
        .track i { display: block; height: 100%; background: var(--main); border-radius: 999px; }
        .two { display: grid; grid-template-columns: minmax(0, 3fr) minmax(240px, 2fr); gap: 10px 28px; }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 14px; }
        dl { display: grid; grid-template-columns: auto 1fr; gap: .15rem .9rem; margin: 0 0 .8rem; font-size: .9rem; }
        dt { color: var(--soft); } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
        .chips { display: flex; flex-wrap: wrap; gap: .35rem; margin: 0; padding: 0; list-style: none; }
        table { border-collapse: collapse; width: 100%; font-size: .9rem; }
        th, td { text-align: left; padding: .38rem .6rem .38rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
        th { color: var(--soft); font-weight: 550; font-size: .8rem; } td.n, th.n { text-align: right; padding: .38rem 0 .38rem .8rem; white-space: nowrap; } td:first-child { white-space: nowrap; }
        tr:last-child td { border-bottom: 0; } .none { color: var(--soft); margin: 0; font-size: .9rem; } .scroll { overflow-x: auto; }
        svg { display: block; width: 100%; height: auto; margin-bottom: .7rem; } svg text { fill: var(--soft); font-size: 11.5px; font-family: inherit; }
        .grid { stroke: var(--rule); } .loss { fill: none; stroke: var(--main); stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
        .area { fill: var(--main-tint); opacity: .55; } .dot { fill: var(--main); } .full { fill: var(--good); opacity: .75; } .part { fill: var(--open); }
        footer { color: var(--soft); font-size: .82rem; padding-top: 8px; padding-bottom: 36px; }
        @media (max-width: 760px) { .two { grid-template-columns: minmax(0, 1fr); } main, header, footer { padding-left: 14px; padding-right: 14px; } }
        """;
}
