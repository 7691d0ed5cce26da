using Pipeline.Actors.Training;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Demo;

/// <summary>Scores a chain's global models on the hospitals' test sets as they become known. One thread at a time.</summary>
public sealed class CurveEvaluator(DemoConsortium.Agreement agreement, DemoData data, SiteTrainer trainer, DemoBoard board)
{
    private readonly SortedDictionary<long, double> _auc = [];

    public IReadOnlyList<DemoResult.CurvePoint> Curve => [.. _auc.Select(a => new DemoResult.CurvePoint((int)a.Key, a.Value))];

    /// <summary>Scores what the board knows and has not been scored.</summary>
    public void CatchUp()
    {
        foreach (var (round, model) in board.Models(agreement.Id))
        {
            if (_auc.ContainsKey(round))
                continue;
            double auc = data.Auc(trainer, model.ToFloats());
            _auc[round] = auc;
            board.Auc(agreement.Id, auc);
        }
    }
}
