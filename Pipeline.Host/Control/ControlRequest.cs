namespace Pipeline.Host.Control;

/// <summary>What an operator asks of a running site.</summary>
/// <param name="Verb">status, propose, approve, apply, withdraw, site or reload.</param>
/// <param name="Chain">Null for all.</param>
/// <param name="Words">Arguments of the verb.</param>
internal sealed record ControlRequest(string Verb, string? Chain, string[] Words)
{
    /// <summary>No request and no answer is larger (bytes): one line of JSON.</summary>
    public const int MaxBytes = 512 * 1024;
}

/// <param name="Done">False where the site refused.</param>
/// <param name="Lines">For people: the result, or why not.</param>
internal sealed record ControlResponse(bool Done, string[] Lines)
{
    public static ControlResponse Refuse(string reason) => new(false, [reason]);
}
