namespace Pipeline.Actors.Ingest.Requests;

/// <summary>A line of the audit log.</summary>
/// <param name="Request">Id of the request or of the operation that was asked for over the status port, of a reload of the configuration, or <c>retention</c>, or <c>erasure</c>.</param>
/// <param name="Instance">Spool sequence, −1 where it is about a patient, a chain, several instances, or the site.</param>
/// <param name="Patient">Pseudonym, or empty.</param>
/// <param name="Result">What became of it, in words.</param>
public sealed record AuditEntry(
    DateTimeOffset At, string Request, string Action, string? Chain, long Instance, string Patient, string By, string Why, string Result);
