namespace Pipeline.Actors.Ingest.Requests;

/// <summary>What a person decided about data that the site holds. Holds nothing identifying but the name of the one who decided.</summary>
/// <param name="Id">Names the request's file.</param>
/// <param name="Chain">Of an instance in quarantine; null where none is routed.</param>
/// <param name="Instance">Spool sequence of an instance in quarantine, else −1.</param>
/// <param name="Patient">Pseudonym under the site key of a patient to erase, else empty.</param>
/// <param name="By">Account of the person.</param>
/// <param name="Why">The person's reason, of up to <see cref="MaxWhy"/> characters.</param>
public sealed record OperatorRequest(
    string Id, OperatorAction Action, string? Chain, long Instance, string Patient, string By, string Why, DateTimeOffset At)
{
    /// <summary>Characters (UTF-16) that a reason has at most.</summary>
    public const int MaxWhy = 2000;
}
