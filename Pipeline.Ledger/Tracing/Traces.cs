using System.Diagnostics;

namespace Pipeline.Ledger.Tracing;

/// <summary>
/// Begins spans of the one source that this program has. Nobody listens unless traces are exported, and then nothing is allocated. An activity here never
/// becomes <see cref="Activity.Current"/>: actors take turns on threads, so what belongs to what is said by a message and not by a thread.
/// </summary>
public static class Traces
{
    /// <summary>Of the activity source.</summary>
    public const string SourceName = "Pipeline";

    private static readonly ActivitySource Source = new(SourceName);

    /// <param name="span">What it is of.</param>
    /// <param name="parent">In the same process; default for a trace of its own.</param>
    /// <param name="began">Null: now.</param>
    /// <param name="links">What it also comes from.</param>
    /// <returns>Null where nobody listens, or where it is not sampled.</returns>
    public static Activity? Begin(Span span, ActivityContext parent = default, DateTimeOffset? began = null, IEnumerable<ActivityContext>? links = null)
    {
        if (!Source.HasListeners())
            return null;
        var current = Activity.Current;
        Activity.Current = null;
        try
        {
            return Source.StartActivity(
                span.Name, ActivityKind.Internal, parent, null, links?.Select(context => new ActivityLink(context)), began ?? default);
        }
        finally
        {
            Activity.Current = current;
        }
    }

    /// <summary>Of an activity that may not be there.</summary>
    public static ActivityContext ContextOf(Activity? activity) => activity?.Context ?? default;

    /// <summary>Ends an activity that may not be there.</summary>
    public static void End(Activity? activity, string? result = null)
    {
        if (activity is null || activity.IsStopped)
            return;
        if (result is not null)
            activity.SetTag(TraceKeys.Result, result);
        var current = Activity.Current;
        activity.Stop();
        Activity.Current = current;
    }
}
