using System.Diagnostics;

namespace Pipeline.Actors.Ingest.Stages;

/// <summary>An instance on its way to a commit. Quarantined ones are on disk already.</summary>
/// <param name="Chain">Null where no chain is routed under the called AE title.</param>
/// <param name="Source">Calling AE title.</param>
internal sealed record Handled(long Sequence, DateTimeOffset Received, string Source, string? Chain, InstanceOutcome Outcome)
{
    /// <summary>When the stages took it from the spool.</summary>
    public DateTimeOffset Began { get; init; }

    /// <summary>Of the span of the association that brought it; the default for none.</summary>
    public ActivityContext Origin { get; init; }
}
