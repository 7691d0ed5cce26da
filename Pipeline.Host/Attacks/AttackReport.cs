using Pipeline.Host.Reporting;
using SkiaSharp;

namespace Pipeline.Host.Attacks;

/// <summary>An attack's report: one HTML file that loads nothing. Pictures are of drawn phantoms, never of patients.</summary>
internal static class AttackReport
{
    public static string Page(AttackResult result, IReadOnlyList<AttackPicture> pictures) => new Html()
        .Add(
            $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>Pipeline attack: {{result.Attack}}</title>
            <style>
            {{Html.Trusted(ReportStyle.Css)}}
            .pictures { display: flex; flex-wrap: wrap; gap: 1rem; } .pictures img { width: 160px; image-rendering: pixelated; display: block; }
            </style>
            </head>
            <body>
            <header>
            <h1>Attack: {{result.Attack}}</h1>
            <p class="lead">{{Lead(result)}}</p>
            <p class="verdict {{(result.ControlPassed ? "" : "bad")}}">{{(result.ControlPassed ? "The attack works on what is undefended" : "Void: the attack fails on what is undefended")}}</p>
            <dl class="run">
            <div><dt>Task</dt><dd>{{result.Task}}</dd></div>
            <div><dt>Policy</dt><dd>{{result.Policy}}</dd></div>
            <div><dt>Network</dt><dd>{{result.Architecture}}</dd></div>
            <div><dt>Seed</dt><dd>{{result.Seed}}</dd></div>
            <div><dt>Took</dt><dd>{{Quantities.Seconds(result.Seconds)}} on {{Environment.ProcessorCount}} cores</dd></div>
            </dl>
            </header>
            <main>
            <section><h2>What each attacker reached</h2>
            <div class="sheet scroll"><table>
            <thead><tr><th scope="col">Attacked</th><th scope="col">By</th><th scope="col">Measure</th><th scope="col">Value</th><th scope="col">95 %</th>
            <th scope="col">Without it</th><th scope="col">Target</th><th scope="col">Met</th></tr></thead><tbody>
            """)
        .Each(result.Figures, (html, f) => html.Add(
            $$"""
            <tr><th scope="row">{{f.Subject}}</th><td>{{f.View}}</td><td>{{f.Measure}}</td><td>{{AttackTable.Number(f.Value)}}</td><td>{{AttackTable.Range(f)}}</td>
            <td>{{AttackTable.Number(f.WithoutUpdate)}}</td><td>{{f.Target}}</td><td class="{{(f.Met == false ? "no" : "yes")}}">{{AttackTable.Met(f)}}</td></tr>
            """))
        .Add(
            $$"""
            </tbody></table></div></section>
            {{Pictures(pictures)}}
            <section><h2>Limits</h2>
            <div class="sheet limits"><ul class="plain">
            <li><strong>A failed attack is no guarantee.</strong> Another search, more updates or a learned inverter may do better; only differential privacy bounds what any attack can do.</li>
            <li><strong>Insiders</strong> hold every payload; <strong>outsiders</strong> hold the chain's journal, whose digests of payloads are salted.</li>
            </ul></div></section>
            </main>
            </body>
            </html>
            """)
        .ToString();

    private static string Lead(AttackResult result)
    {
        var judged = result.Figures.Where(f => f.View != AttackResult.Control && f.Met is not null).ToArray();
        return $"{judged.Count(f => f.Met == true)} of {judged.Length} targets met under the policy. The control comes first: an attack that breaks nothing would show nothing.";
    }

    private static Html Pictures(IReadOnlyList<AttackPicture> pictures)
    {
        var html = new Html();
        if (pictures.Count == 0)
            return html;
        html.Add($"""<section><h2>Phantoms, and what the attacker made of them</h2>""");
        foreach (var picture in pictures)
        {
            html.Add(
                $"""
                <div class="sheet"><h3>{picture.Caption}</h3><div class="pictures">
                <figure>{Image(picture, picture.Original, "the phantom as the network sees it")}<figcaption>phantom</figcaption></figure>
                <figure>{Image(picture, picture.Reconstruction, "the reconstruction")}<figcaption>reconstruction</figcaption></figure>
                <figure>{Image(picture, picture.Guess, "a guess without the update")}<figcaption>guess without the update</figcaption></figure>
                </div></div>
                """);
        }

        return html.Add($"</section>");
    }

    /// <summary>PNG in the page; grey levels from −3 to 3 standard deviations.</summary>
    private static Html Image(AttackPicture picture, float[] pixels, string alternative)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(picture.Width, picture.Height, SKColorType.Gray8, SKAlphaType.Opaque));
        for (int y = 0; y < picture.Height; y++)
        {
            var row = bitmap.GetPixelSpan().Slice(y * bitmap.RowBytes, picture.Width);
            for (int x = 0; x < picture.Width; x++)
                row[x] = (byte)Math.Clamp(128 + pixels[y * picture.Width + x] * 127 / 3, 0, 255);
        }

        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return Html.Trusted($"<img alt=\"{alternative}\" src=\"data:image/png;base64,{Convert.ToBase64String(png.AsSpan())}\">");
    }
}
