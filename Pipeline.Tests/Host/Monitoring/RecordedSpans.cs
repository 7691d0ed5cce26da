using System.Collections.Concurrent;
using System.Diagnostics;
using Pipeline.Ledger.Tracing;

namespace Pipeline.Tests.Host.Monitoring;

/// <summary>Every span that ends in this process while it listens, those of other tests too.</summary>
internal sealed class RecordedSpans : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public RecordedSpans()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Traces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IReadOnlyList<Activity> Ended => [.. _ended];

    /// <summary>Those of a kind with a value of an attribute.</summary>
    public IReadOnlyList<Activity> Of(Span span, string key, object value) => [.. Ended.Where(activity => activity.OperationName == span.Name && Equals(activity.GetTagItem(key), value))];

    public void Dispose() => _listener.Dispose();
}
