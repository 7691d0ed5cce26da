using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Host.Commands;
using Pipeline.Host.Control;
using Pipeline.Ledger.Blocks;

namespace Pipeline.Host.Monitoring;

/// <summary>
/// Carries out over the status port what the command line asks of a running site, by the same ways: its control socket's words, and its request folder.
/// The audit log has a line before anything is done and one of what came of it, whether or not the client waits for the answer.
/// </summary>
/// <param name="key">Of the running site, under which patients have their pseudonyms.</param>
/// <param name="audit">Of the running site.</param>
/// <param name="chains">Answers as the control socket does.</param>
/// <param name="note">A line of the site's log for each.</param>
/// <param name="stopping">The site stops: nobody waits any longer.</param>
internal sealed class OperatorDesk(
    string dataDirectory, SiteKey key, AuditLog audit, Func<ControlRequest, CancellationToken, Task<ControlResponse>> chains, Action<string> note, TimeProvider clock,
    CancellationToken stopping)
{
    /// <param name="by">On whose word, for the audit log.</param>
    public Task<OperatorAnswer> AskAsync(string chain, string verb, ChainWords given, string by)
    {
        string[] words = given.Words ?? [];
        int missing = Array.IndexOf(words, null);
        string? fault = FaultOf(chain) ?? (missing >= 0 ? $"words[{missing}] is null: words are texts" : null);
        return CarryOutAsync(
            $"{verb} on {chain}", new AuditEntry(default, "", verb, chain, -1, "", by, LogLine.Of(string.Join(' ', words)), ""), fault,
            () => chains(new ControlRequest(verb, chain, words), stopping));
    }

    public Task<OperatorAnswer> DecideAsync(QuarantineDecision decision, string by)
    {
        long[] instances = decision.Instances ?? [];
        OperatorAction? action = decision.Action switch { "release" => OperatorAction.Release, "drop" => OperatorAction.Drop, _ => null };
        string? fault = action is null ? $"action is {(decision.Action is null ? "missing" : $"'{decision.Action}'")}: must be release or drop"
            : instances.Length == 0 ? "instances is missing: their numbers, as the list of the quarantine has them"
            : (decision.Chain is { } chain ? FaultOf(chain) : null) ?? RequestDesk.FaultOf(decision.Reason);
        return CarryOutAsync(
            $"{decision.Action} of {instances.Length} in quarantine",
            new AuditEntry(default, "", decision.Action ?? "", decision.Chain, instances is [var one] ? one : -1, "", by, decision.Reason ?? "", ""), fault,
            () => LeaveAsync([.. QuarantineOperations.Choose(new SiteFolder(dataDirectory, []), decision.Chain, instances, null)
                .Select(held => RequestDesk.New(action!.Value, held.Chain, held.Sequence, "", decision.Reason!, by))]));
    }

    public Task<OperatorAnswer> EraseAsync(PatientErasure erasure, string by)
    {
        string? fault = string.IsNullOrWhiteSpace(erasure.PatientId)
            ? "patientId is missing: the Patient ID (0010,0020) of the images" : RequestDesk.FaultOf(erasure.Reason);
        return CarryOutAsync(
            "erasure of a patient",
            new AuditEntry(
                default, "", "erase", null, -1, fault is null ? key.Pseudonym(PseudonymKind.Patient, erasure.PatientId!) : "", by, erasure.Reason ?? "", ""),
            fault, () => LeaveAsync([PatientOperations.Request(key, erasure.PatientId!, erasure.Reason!, by)]));
    }

    /// <summary>What came could not be read; nothing was begun.</summary>
    public OperatorAnswer Unreadable(string path, int status, string fault) => Noted(path, new OperatorAnswer(status, ControlResponse.Refuse(fault)));

    private static string? FaultOf(string chain) =>
        Genesis.IsChainName(chain) ? null : $"'{chain}' is no name of a chain: lower-case letters, digits and single hyphens";

    private async Task<ControlResponse> LeaveAsync(OperatorRequest[] requests) =>
        new(true, [.. await RequestDesk.LeaveAsync(dataDirectory, requests, stopping).ConfigureAwait(false)]);

    /// <param name="entry">Of the audit log, without time, id and result.</param>
    /// <param name="fault">Of what was sent; null where it can be carried out.</param>
    private async Task<OperatorAnswer> CarryOutAsync(string what, AuditEntry entry, string? fault, Func<Task<ControlResponse>> carryOut)
    {
        if (fault is not null)
            return Noted(what, OperatorAnswer.Malformed(fault));
        entry = entry with { Request = Guid.NewGuid().ToString("N") };
        try
        {
            audit.Append(entry with { At = clock.GetUtcNow(), Result = "asked for" });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Noted(what, OperatorAnswer.Failed($"nothing was done, since the audit log cannot be written: {e.Message}"));
        }

        var answer = await AnswerAsync(carryOut).ConfigureAwait(false);
        try
        {
            audit.Append(entry with { At = clock.GetUtcNow(), Result = LogLine.Of(string.Join("; ", answer.Response.Lines)) });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Noted(what, OperatorAnswer.Failed($"the audit log cannot be written any more: {e.Message}"));
        }

        return Noted(what, answer);
    }

    private async Task<OperatorAnswer> AnswerAsync(Func<Task<ControlResponse>> carryOut)
    {
        try
        {
            return OperatorAnswer.Of(await carryOut().ConfigureAwait(false));
        }
        catch (CommandFailedException e)
        {
            return OperatorAnswer.Refused(e.Message);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return OperatorAnswer.Failed("the site stops; look at its status when it runs again for what came of this, since what was noted it carries out then");
        }
        catch (Exception e)
        {
            return OperatorAnswer.Failed($"failed by {e.GetType().Name}: {e.Message}");
        }
    }

    private OperatorAnswer Noted(string what, OperatorAnswer answer)
    {
        note(LogLine.Of($"operator at the status port: {what}: {(answer.Response.Done ? "" : $"refused ({answer.Status}): ")}{answer.Response.Lines.FirstOrDefault()}"));
        return answer;
    }
}
