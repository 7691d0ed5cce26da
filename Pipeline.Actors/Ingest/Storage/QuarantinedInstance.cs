namespace Pipeline.Actors.Ingest.Storage;

/// <summary>The note beside an instance in quarantine; holds nothing identifying.</summary>
/// <param name="Sequence">Of the spool record it came from.</param>
/// <param name="Chain">Null where no chain is routed under the called AE title.</param>
/// <param name="Reason">One of <see cref="Stages.InstanceOutcome.Why"/>.</param>
/// <param name="Detail">What was found, without any header value.</param>
/// <param name="Received">When C-STORE brought it.</param>
/// <param name="Source">Calling AE title of the device it came from; null where that is not known.</param>
/// <param name="Bytes">Length of its data set.</param>
/// <param name="Called">AE title it was sent to; null where that is not known.</param>
public sealed record QuarantinedInstance(
    long Sequence, string? Chain, string Reason, string Detail, DateTimeOffset Received, string? Source, long Bytes, string? Called = null);
