namespace Pipeline.Actors.Ingest.Stages;

/// <summary>An instance on its way to a commit. Quarantined ones are on disk already.</summary>
/// <param name="Chain">Null where no chain is routed under the called AE title.</param>
/// <param name="Source">Calling AE title.</param>
internal sealed record Handled(long Sequence, DateTimeOffset Received, string Source, string? Chain, InstanceOutcome Outcome);
