using Pipeline.Actors.Ingest.Requests;
using Pipeline.Host.Configuration;
using Pipeline.Host.Control;
using Pipeline.Host.Monitoring;

namespace Pipeline.Host.Site;

/// <summary>
/// Reads a running site's configuration again, takes on what may change while it runs and says of all else that it needs a restart. A configuration with
/// mistakes changes nothing, and neither does one that cannot be noted in the audit log before.
/// </summary>
/// <param name="running">That the site was started with.</param>
/// <param name="apply">Has the site take on what may change of settings.</param>
/// <param name="applyLevel">Has the site log by a level of <c>akka.loglevel</c>.</param>
/// <param name="audit">Of the running site.</param>
/// <param name="note">A line of the site's log for each line of the answer.</param>
internal sealed class SiteReload(
    SiteConfiguration running, Action<SiteSettings> apply, Action<string> applyLevel, AuditLog audit, Action<string> note, TimeProvider clock)
{
    /// <summary>By which it is asked for on the control socket.</summary>
    public const string Verb = "reload";

    /// <summary>Who asked: whoever may speak on the control socket, or may signal the process.</summary>
    public const string Operator = "operator", Signal = "SIGHUP";

    private const string LogLevel = "akka.loglevel";

    private readonly Lock _gate = new();
    private IReadOnlyDictionary<string, EffectiveValue> _inForce = running.Values.ToDictionary(value => value.Key);

    /// <returns>What was taken on and what needs a restart; refused where nothing was changed because of a mistake.</returns>
    public ControlResponse Run(string by)
    {
        lock (_gate)
        {
            ControlResponse response;
            try
            {
                response = Reload(by);
            }
            catch (Exception e)
            {
                response = ControlResponse.Refuse($"failed by {e.GetType().Name}: {e.Message}; ask again, or start the site again");
            }

            foreach (string line in response.Lines)
                note(LogLine.Of($"configuration read again ({by}): {line}"));
            return response;
        }
    }

    private ControlResponse Reload(string by)
    {
        if (running.Reread is not { } reread)
            return ControlResponse.Refuse("this site was not started from files, so there is nothing to read again");
        string id = Guid.NewGuid().ToString("N");
        var result = reread();
        if (!result.IsValid)
        {
            string[] mistakes = [.. result.Errors.Select(error => error.ToString()), Mistakes(result.Errors.Count)];
            return Noted(id, by, mistakes[^1]) is { } unwritten ? ControlResponse.Refuse(unwritten) : new ControlResponse(false, mistakes);
        }

        var plan = ReloadPlan.Of(_inForce, result.Configuration.Values);
        if (Noted(id, by, $"takes on {Keys(plan.Live)}; leaves for a restart {Keys(plan.Restart)}") is { } fault)
            return ControlResponse.Refuse($"nothing was changed, since {fault}");
        if (plan.Live.Count > 0)
            apply(result.Configuration.Site);
        if (plan.Live.FirstOrDefault(change => change.Key == LogLevel) is { To: { } level })
            applyLevel(level.Value);
        _inForce = plan.InForce;
        string? after = Noted(id, by, "done");
        return new ControlResponse(true, [.. plan.Describe(), .. after is null ? (string[])[] : [after]]);
    }

    private static string Mistakes(int count) => $"{(count == 1 ? "1 mistake" : $"{count} mistakes")} in the configuration; nothing was changed";

    private static string Keys(IReadOnlyList<ConfigurationChange> changes) => changes.Count == 0 ? "nothing" : string.Join(", ", changes.Select(change => change.Key));

    /// <returns>Why the audit log has no line of it; null where it has.</returns>
    private string? Noted(string id, string by, string result)
    {
        try
        {
            audit.Append(new AuditEntry(clock.GetUtcNow(), id, Verb, null, -1, "", by, "", LogLine.Of(result)));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the audit log cannot be written: {e.Message}";
        }
    }
}
