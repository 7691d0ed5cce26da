using System.Diagnostics;
using Pipeline.Ledger.Tracing;

namespace Pipeline.Actors.Ingest.Stages;

/// <summary>The spans of a batch of instances: counts by outcome, linked to the associations that brought them.</summary>
internal static class BatchTrace
{
    /// <summary>Commits a batch; one that is empty, as ticks bring it, has no span.</summary>
    public static void Commit(IReadOnlyList<Handled> batch, Action<IReadOnlyList<Handled>> commit)
    {
        var span = batch.Count == 0 ? null : Begin(batch);
        var committing = span is null ? null : Traces.Begin(Spans.Commit, span.Context)?.SetTag(TraceKeys.Instances, batch.Count);
        try
        {
            commit(batch);
        }
        finally
        {
            Traces.End(committing);
            Traces.End(span);
        }
    }

    private static Activity? Begin(IReadOnlyList<Handled> batch) =>
        Traces.Begin(Spans.Batch, began: batch.Min(handled => handled.Began), links: batch.Select(handled => handled.Origin).Where(origin => origin != default).Distinct())
            ?.SetTag(TraceKeys.Chain, string.Join(',', batch.Select(handled => handled.Chain).OfType<string>().Distinct().Order(StringComparer.Ordinal)))
            .SetTag(TraceKeys.Instances, batch.Count)
            .SetTag(TraceKeys.Stored, batch.Count(handled => handled.Outcome is InstanceOutcome.Image))
            .SetTag(TraceKeys.Quarantined, batch.Count(handled => handled.Outcome is InstanceOutcome.Quarantined))
            .SetTag(TraceKeys.OutOfScope, batch.Count(handled => handled.Outcome is InstanceOutcome.OutOfScope));
}
