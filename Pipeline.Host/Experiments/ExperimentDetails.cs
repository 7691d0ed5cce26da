using Pipeline.Host.Reporting;

namespace Pipeline.Host.Experiments;

/// <summary>A task's tables in the report beside the arms: institutions, classes, every model at every institution, decisions.</summary>
internal static class ExperimentDetails
{
    public static Html Of(TaskRuns runs, ExperimentResult.ArmResult[] arms) => new Html().Add($"{Sites(arms)}{Classes(runs, arms)}{CrossSite(runs, arms)}{Notes(runs)}");

    private static Html Sites(ExperimentResult.ArmResult[] arms)
    {
        var html = new Html().Add($"""<div class="sheet scroll"><table><caption>AUC of each institution's model, or everybody's, at home</caption><thead><tr><th scope="col">Institution</th>""");
        foreach (var arm in arms)
            html.Add($"""<th scope="col">{arm.Arm}</th>""");
        html.Add($"</tr></thead><tbody>");
        foreach (var (index, site) in arms[0].PerSite.Index())
        {
            html.Add($"""<tr><th scope="row">{site.Site}</th>""");
            foreach (var arm in arms)
                html.Add($"<td>{Quantities.Auc(arm.PerSite[index].Auc)}</td>");
            html.Add($"</tr>");
        }

        return html.Add($"</tbody></table></div>");
    }

    private static Html Classes(TaskRuns runs, ExperimentResult.ArmResult[] arms)
    {
        var html = new Html().Add($"""<div class="sheet scroll"><table><caption>Class by class on everybody's test images: AUC against the rest, recall</caption><thead><tr><th scope="col">Class</th>""");
        foreach (var arm in arms)
            html.Add($"""<th scope="col">{arm.Arm}</th>""");
        html.Add($"</tr></thead><tbody>");
        for (int c = 0; c < runs.Task.Classes; c++)
        {
            int wanted = c;
            html.Add($"""<tr><th scope="row">{runs.Task.Descriptor.Classes[c]}</th>""");
            foreach (var arm in arms)
            {
                html.Add(
                    $"<td>{Quantities.Auc(runs.Mean(arm.Arm, r => runs.Metrics.ByClass(r)[wanted].Auc))}, {Quantities.Auc(runs.Mean(arm.Arm, r => runs.Metrics.ByClass(r)[wanted].Recall))}</td>");
            }

            html.Add($"</tr>");
        }

        return html.Add($"</tbody></table></div>");
    }

    /// <summary>Of the arms in which institutions have models of their own: each model at each institution.</summary>
    private static Html CrossSite(TaskRuns runs, ExperimentResult.ArmResult[] arms)
    {
        var html = new Html();
        foreach (string arm in arms.Select(a => a.Arm).Where(a => runs.Of(a)[0].Models.Count > 1))
        {
            var matrices = runs.Of(arm).Select(runs.Metrics.CrossSite).ToArray();
            html.Add($"""<div class="sheet scroll"><table><caption>{arm}: AUC of the row's model on the column's test images</caption><thead><tr><th scope="col">Model of</th>""");
            foreach (var site in runs.Task.Sites)
                html.Add($"""<th scope="col">{site.Site}</th>""");
            html.Add($"</tr></thead><tbody>");
            for (int model = 0; model < runs.Task.Sites.Count; model++)
            {
                html.Add($"""<tr><th scope="row">{runs.Task.Sites[model].Site}</th>""");
                for (int test = 0; test < runs.Task.Sites.Count; test++)
                    html.Add($"<td>{Quantities.Auc(matrices.Average(m => m[model, test]))}</td>");
                html.Add($"</tr>");
            }

            html.Add($"</tbody></table></div>");
        }

        return html;
    }

    private static Html Notes(TaskRuns runs)
    {
        var notes = runs.Arms.SelectMany(a => runs.Of(a).SelectMany(r => r.Notes.Select(n => (Arm: a, r.Seed, Note: n)))).ToArray();
        if (notes.Length == 0)
            return new Html();
        return new Html()
            .Add(
                $"""
                <div class="sheet scroll"><table><caption>What was decided</caption><thead><tr><th scope="col">Arm</th><th scope="col">Seed</th><th scope="col">Institution</th>
                <th scope="col">What</th><th scope="col">Taken</th><th scope="col">Effect</th></tr></thead><tbody>
                """)
            .Each(notes, (html, n) => html.Add(
                $"<tr><td>{n.Arm}</td><td>{n.Seed}</td><td>{n.Note.Site}</td><td>{n.Note.What}</td><td>{(n.Note.Accepted ? "yes" : "no")}</td><td>{ExperimentReport.Number(n.Note.Effect)}</td></tr>"))
            .Add($"</tbody></table></div>");
    }
}
