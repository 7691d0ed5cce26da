using Pipeline.Actors.Training;

namespace Pipeline.Host.Experiments;

/// <summary>Metrics of an arm's models on chosen rows of everybody's test images.</summary>
public sealed class TestMetrics
{
    private readonly LearningTask _task;
    private readonly int[] _siteOfRow;

    public TestMetrics(LearningTask task)
    {
        _task = task;
        _siteOfRow = [.. task.Sites.SelectMany((site, index) => Enumerable.Repeat(index, site.Test.Count))];
    }

    /// <summary>Macro-AUC and balanced accuracy on the pooled images, averaged over the arm's models.</summary>
    public ModelScore Pooled(ArmRun run, int[] rows)
    {
        var scores = run.Models.Select(m => Score(m.Probabilities, rows)).ToArray();
        return new ModelScore(scores.Average(s => s.Auc), scores.Average(s => s.BalancedAccuracy), rows.Length);
    }

    /// <summary>Each site's images under that site's own model (or everybody's), taken together.</summary>
    public ModelScore AtHome(ArmRun run, int[] rows)
    {
        int classes = _task.Classes;
        var probabilities = new float[rows.Length * classes];
        for (int i = 0; i < rows.Length; i++)
            ModelOf(run, _siteOfRow[rows[i]]).Probabilities.AsSpan(rows[i] * classes, classes).CopyTo(probabilities.AsSpan(i * classes));
        return RocCurve.Score(probabilities, [.. rows.Select(r => _task.PooledTest.Labels[r])], classes);
    }

    /// <summary>A site's own test images under its own model (or everybody's).</summary>
    public ModelScore OnSite(ArmRun run, int site)
    {
        int[] rows = RowsOf(site);
        return rows.Length == 0 ? new ModelScore(double.NaN, double.NaN, 0) : AtHome(run, rows);
    }

    /// <summary>Every site's model on every site's test images: <c>[model, test]</c>, macro-AUC.</summary>
    public double[,] CrossSite(ArmRun run)
    {
        int sites = _task.Sites.Count;
        var matrix = new double[sites, sites];
        for (int model = 0; model < sites; model++)
        {
            for (int test = 0; test < sites; test++)
                matrix[model, test] = Score(ModelOf(run, model).Probabilities, RowsOf(test)).Auc;
        }

        return matrix;
    }

    /// <summary>By class: area under the ROC curve against the rest, and recall; on everybody's test images, mean over the arm's models.</summary>
    public IReadOnlyList<(double Auc, double Recall)> ByClass(ArmRun run)
    {
        int[] labels = _task.PooledTest.Labels;
        return [.. Enumerable.Range(0, _task.Classes).Select(c =>
        {
            var each = run.Models.Select(m => OfClass(m.Probabilities, labels, c)).ToArray();
            return (each.Average(e => e.Auc), each.Average(e => e.Recall));
        })];
    }

    private (double Auc, double Recall) OfClass(float[] probabilities, int[] labels, int wanted)
    {
        int classes = _task.Classes, positives = 0, found = 0;
        var scores = new float[labels.Length];
        var positive = new bool[labels.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            var row = probabilities.AsSpan(i * classes, classes);
            scores[i] = row[wanted];
            positive[i] = labels[i] == wanted;
            if (!positive[i])
                continue;
            positives++;
            found += row.IndexOf(Largest(row)) == wanted ? 1 : 0;
        }

        return (RocCurve.Area(scores, positive), positives == 0 ? double.NaN : (double)found / positives);
    }

    private static float Largest(ReadOnlySpan<float> row)
    {
        float largest = row[0];
        foreach (float value in row)
            largest = Math.Max(largest, value);
        return largest;
    }

    public int[] RowsOf(int site) => [.. Enumerable.Range(0, _siteOfRow.Length).Where(r => _siteOfRow[r] == site)];

    /// <summary>Expected calibration error over 10 bins of the winning class's probability (Guo et al. 2017), mean over models.</summary>
    public double CalibrationError(ArmRun run) => run.Models.Average(m => Calibration.Error(m.Probabilities, _task.PooledTest.Labels, _task.Classes));

    private ArmRun.Model ModelOf(ArmRun run, int site) =>
        run.Models.Count == 1 ? run.Models[0] : run.Models.First(m => m.Site == _task.Sites[site].Site);

    private ModelScore Score(float[] probabilities, int[] rows)
    {
        int classes = _task.Classes;
        var picked = new float[rows.Length * classes];
        for (int i = 0; i < rows.Length; i++)
            probabilities.AsSpan(rows[i] * classes, classes).CopyTo(picked.AsSpan(i * classes));
        return RocCurve.Score(picked, [.. rows.Select(r => _task.PooledTest.Labels[r])], classes);
    }
}
