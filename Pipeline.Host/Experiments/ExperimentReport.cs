using System.Globalization;
using System.Runtime.InteropServices;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Experiments;

/// <summary>An experiment's report: one HTML file that loads nothing; every number of a figure is in a table too, and no image of a patient anywhere.</summary>
internal static class ExperimentReport
{
    public static void Write(ExperimentResult result, IReadOnlyList<TaskRuns> tasks, ExperimentRequest request, string file) =>
        ReportFile.Write(file, Page(result, tasks, request));

    internal static string Page(ExperimentResult result, IReadOnlyList<TaskRuns> tasks, ExperimentRequest request) => new Html()
        .Add(
            $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>Pipeline experiment: {{result.Experiment}}</title>
            <style>
            {{Html.Trusted(ReportStyle.Css)}}
            </style>
            </head>
            <body>
            {{Head(result, request)}}
            <main>
            {{Comparisons(result)}}
            """)
        .Each(tasks.Where(t => t.Arms.Any()).Index(), (html, item) => html.Add($"{Task(result, item.Item, $"t{item.Index}")}"))
        .Add(
            $$"""
            {{Limits()}}
            </main>
            <footer>Pipeline {{ProgramVersion.Full}}</footer>
            </body>
            </html>
            """)
        .ToString();

    private static Html Head(ExperimentResult result, ExperimentRequest request)
    {
        var policy = request.Profile.Policy;
        return new Html().Add(
            $$"""
            <header>
            <h1>Experiment: {{result.Experiment}}</h1>
            <p class="lead">{{result.Comparisons.Count(c => c.Met)}} of {{result.Comparisons.Count}} targets met. Intervals are 95 %, over patients (drawn within
            each institution) and seeds. Test images were used for no choice.</p>
            <dl class="run">
            <div><dt>Profile</dt><dd>{{result.Profile}}</dd></div>
            <div><dt>Seeds</dt><dd>{{result.Seeds}}</dd></div>
            <div><dt>Network</dt><dd>{{request.Profile.Architecture}}, {{request.Profile.Side}} × {{request.Profile.Side}}</dd></div>
            <div><dt>Policy</dt><dd>{{policy.Rounds}} rounds of {{policy.LocalSteps}} steps of {{policy.BatchSize}} images, rate {{Quantities.Number(policy.LearningRatePpm * 1e-6)}},
            density {{Quantities.Number(policy.DensityPpm * 1e-6)}}</dd></div>
            <div><dt>Machine</dt><dd>{{Environment.ProcessorCount}} cores, {{RuntimeInformation.RuntimeIdentifier}}, .NET {{Environment.Version.ToString()}}</dd></div>
            </dl>
            </header>
            """);
    }

    private static Html Comparisons(ExperimentResult result) => new Html()
        .Add($"""<h2>What was claimed, what was measured</h2><ul class="claims">""")
        .Each(result.Comparisons, (html, c) => html.Add(
            $$"""
            <li class="claim {{(c.Met ? "met" : "missed")}}">
            <div class="head"><h3>{{c.Claim}}</h3><span class="mark">{{(c.Met ? "✓ met" : "✗ not met")}}</span></div>
            <p class="number">{{Number(c.Value)}}</p>
            <p class="bar">95 % interval {{Number(c.Low)}} … {{Number(c.High)}}</p>
            </li>
            """))
        .Add($"</ul>");

    private static Html Task(ExperimentResult result, TaskRuns runs, string id)
    {
        var arms = result.Arms.Where(a => a.Task == runs.Task.Name).ToArray();
        var html = new Html().Add(
            $$"""
            <section>
            <h2>Task <code>{{runs.Task.Name}}</code></h2>
            <p class="facts">{{runs.Task.Sites.Count}} institutions · {{runs.Task.Sites.Sum(s => s.Train.Count)}} training, {{runs.Task.Sites.Sum(s => s.Validation.Count)}} validation,
            {{runs.Task.PooledTest.Count}} test images</p>
            <div class="two">
            <div class="sheet"><figure>
            <h3>Round by round</h3>
            <figcaption>Macro-AUC on everybody's test images: mean, and the range over seeds.</figcaption>
            {{ExperimentPlots.Curves(runs, id + "c")}}
            </figure></div>
            <div class="sheet"><figure>
            <h3>Institution by institution</h3>
            <figcaption>AUC on each one's own test images; mean over seeds.</figcaption>
            {{ExperimentPlots.Sites(arms, id + "s")}}
            </figure></div>
            </div>
            <div class="sheet scroll"><table>
            <thead><tr><th scope="col">Arm</th><th scope="col">Macro-AUC</th><th scope="col">95 %</th><th scope="col">Balanced accuracy</th>
            <th scope="col">Worst institution</th><th scope="col">Calibration error</th><th scope="col">Payload a round</th><th scope="col">On the wire</th></tr></thead>
            <tbody>
            """);
        foreach (var arm in arms)
        {
            html.Add(
                $$"""
                <tr><th scope="row">{{arm.Arm}}</th><td>{{Quantities.Auc(arm.AucMean)}}</td><td>{{Quantities.Auc(arm.AucLow)}} … {{Quantities.Auc(arm.AucHigh)}}</td>
                <td>{{Quantities.Auc(arm.BalancedAccuracy)}}</td><td>{{Quantities.Auc(arm.PerSite.Select(s => s.Auc).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Min())}}</td>
                <td>{{Quantities.Auc(runs.Mean(arm.Arm, runs.Metrics.CalibrationError))}}</td>
                <td>{{Bytes(arm.PayloadBytesPerRound)}}</td><td>{{Bytes(arm.WireBytesTotal)}}</td></tr>
                """);
        }

        return html.Add($"</tbody></table></div>{ExperimentDetails.Of(runs, arms)}</section>");
    }

    private static Html Limits() => new Html().Add(
        $$"""
        <section><h2>Limits</h2>
        <div class="sheet limits"><ul class="plain">
        <li><strong>Collaborative arms run without a ledger</strong>, with the same trainer, codec and integer aggregation as a chain; bytes on the wire are
        those a round that a real chain of the same institutions took in this process, times the rounds.</li>
        <li><strong>Members see each other's updates.</strong> Sparsity is no privacy guarantee; nothing of that is measured here.</li>
        </ul></div></section>
        """);

    private static string Bytes(double bytes) => bytes > 0 ? Quantities.Bytes(bytes) : "–";

    internal static string Number(double value) => !double.IsFinite(value) ? "–" :
        value.ToString(Math.Abs(value) >= 10 ? "0.0" : "0.0000", CultureInfo.InvariantCulture).Replace('-', '−');
}
