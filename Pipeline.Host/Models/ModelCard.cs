using System.Globalization;
using System.Text;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Rounds;
using Pipeline.Ledger.Sync;

namespace Pipeline.Host.Models;

/// <summary>A model card (Mitchell et al. 2019) of what the chain knows: who took part, by which policy, with which result, and its limits.</summary>
internal static class ModelCard
{
    /// <param name="metrics">Members' last published validation metrics.</param>
    /// <returns>Markdown.</returns>
    public static string Of(
        Genesis genesis, LearningGenesis learning, ModelProvenance model, IReadOnlyList<ModelProvenance> lineage, IReadOnlyList<MetricsReported> metrics)
    {
        var text = new StringBuilder();
        var policy = learning.Policy;
        text.Append(CultureInfo.InvariantCulture, $"# Model of chain {genesis.Name}, round {model.Round}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Digest `{model.Model}`, final at height {model.Height} of chain `{genesis.ChainId}`, attested by {string.Join(", ", model.AttestedBy)}.\n\n");
        text.Append("## Task\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{learning.Task.Modality} images{(learning.Task.BodyPart.Length > 0 ? $" of {learning.Task.BodyPart}" : "")}, {learning.Task.Height} × {learning.Task.Width}, classes {string.Join(", ", learning.Task.Classes)}; `{learning.Task.Architecture}`, {learning.Layout.Length} parameters.\n\n");
        text.Append("## Training\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{lineage.Count} of {policy.Rounds} rounds, {policy.LocalSteps} steps of {policy.BatchSize} images at each institution in a round; each update carries {policy.DensityPpm / 1e4:0.####} % of the backbone beside norms and head, its norm bounded by {policy.MaxNorm / (double)RoundPolicy.One:0.##}.\n\n");
        text.Append("| institution | updates in this model | bytes |\n|---|---|---|\n");
        foreach (var member in lineage.SelectMany(m => m.Updates).GroupBy(u => u.Member).OrderBy(g => g.Key, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"| {member.Key} | {member.Count()} | {member.Sum(u => u.Bytes)} |\n");
        foreach (var packet in lineage.Where(m => m.Auxiliary is not null))
            text.Append(CultureInfo.InvariantCulture, $"\nRound {packet.Round} took in a backbone of {packet.Auxiliary!.Content.SourceName} (round {packet.Auxiliary.Content.Round}), accepted by {string.Join(", ", packet.Auxiliary.AcceptedBy)}.\n");
        text.Append("\n## Evaluation\n\n");
        if (metrics.Count == 0)
            text.Append("No member has published metrics of this model.\n");
        else
            text.Append("As members published it, rounded, on validation patients of their own.\n\n| institution | round | macro-AUC | images, at least |\n|---|---|---|---|\n");
        foreach (var metric in metrics)
            text.Append(CultureInfo.InvariantCulture, $"| {metric.Member} | {metric.Round} | {metric.AucPpm / 1e6:0.00} | {1L << metric.SizeBucket} |\n");
        text.Append("\n## Limits\n\nFor research; no medical device. Validation patients come from the institutions that trained: elsewhere the model may do worse. Members see each other's updates, and sparse updates are no privacy guarantee.\n");
        return text.ToString();
    }
}
