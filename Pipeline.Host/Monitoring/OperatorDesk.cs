using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Host.Commands;
using Pipeline.Host.Control;

namespace Pipeline.Host.Monitoring;

/// <summary>Carries out over the status port what the command line asks of a running site, by the same ways: its control socket's words, and its request folder.</summary>
/// <param name="key">Of the running site, under which patients have their pseudonyms.</param>
/// <param name="chains">Answers as the control socket does.</param>
/// <param name="note">A line of the site's log for each.</param>
internal sealed class OperatorDesk(
    string dataDirectory, SiteKey key, Func<ControlRequest, CancellationToken, Task<ControlResponse>> chains, Action<string> note)
{
    private const string By = "status port";

    public async Task<ControlResponse> AskAsync(string chain, string verb, ChainWords words, CancellationToken stop) =>
        Noted($"{verb} on {chain}", await chains(new ControlRequest(verb, chain, words.Words ?? []), stop).ConfigureAwait(false));

    public Task<ControlResponse> DecideAsync(QuarantineDecision decision, CancellationToken stop) => LeaveAsync(
        $"{decision.Action} of {decision.Instances?.Length ?? 0} in quarantine",
        () =>
        {
            var action = decision.Action switch
            {
                "release" => OperatorAction.Release,
                "drop" => OperatorAction.Drop,
                _ => throw new CommandFailedException($"action '{decision.Action}': must be release or drop"),
            };
            var chosen = QuarantineOperations.Choose(SiteFolder.Of(dataDirectory), decision.Chain, decision.Instances ?? [], null);
            return [.. chosen.Select(held => RequestDesk.New(action, held.Chain, held.Sequence, "", Reason(decision.Reason), By))];
        },
        stop);

    public Task<ControlResponse> EraseAsync(PatientErasure erasure, CancellationToken stop) => LeaveAsync(
        "erasure of a patient",
        () => string.IsNullOrWhiteSpace(erasure.PatientId)
            ? throw new CommandFailedException("patientId is missing: the Patient ID (0010,0020) of the images")
            : [PatientOperations.Request(key, erasure.PatientId, Reason(erasure.Reason), By)],
        stop);

    private async Task<ControlResponse> LeaveAsync(string what, Func<OperatorRequest[]> requests, CancellationToken stop)
    {
        try
        {
            return Noted(what, new ControlResponse(true, [.. await RequestDesk.LeaveAsync(dataDirectory, requests(), stop).ConfigureAwait(false)]));
        }
        catch (CommandFailedException e)
        {
            return Noted(what, ControlResponse.Refuse(e.Message));
        }
    }

    private static string Reason(string? reason) =>
        string.IsNullOrWhiteSpace(reason) ? throw new CommandFailedException("reason is missing: it goes into the audit log") : reason;

    private ControlResponse Noted(string what, ControlResponse response)
    {
        note($"operator at the status port: {what}: {(response.Done ? "" : "refused: ")}{response.Lines.FirstOrDefault()}");
        return response;
    }
}

/// <param name="Words">What follows the verb on the command line; files by their content in hexadecimal.</param>
internal sealed record ChainWords(string[]? Words);

/// <param name="Action"><c>release</c> or <c>drop</c>.</param>
/// <param name="Chain">Of the instances; null where none is routed, or where the numbers alone tell.</param>
/// <param name="Instances">As the list of the quarantine numbers them.</param>
/// <param name="Reason">For the audit log.</param>
internal sealed record QuarantineDecision(string? Action, string? Chain, long[]? Instances, string? Reason);

/// <param name="PatientId">(0010,0020); used for the pseudonym and not kept.</param>
/// <param name="Reason">For the audit log.</param>
internal sealed record PatientErasure(string? PatientId, string? Reason);
