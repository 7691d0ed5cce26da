using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Host.Site;

namespace Pipeline.Host.Commands;

/// <summary>Leaves decisions for a site.</summary>
internal static class RequestDesk
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <exception cref="CommandFailedException">The reason is none (<see cref="FaultOf"/>).</exception>
    public static OperatorRequest New(OperatorAction action, string? chain, long instance, string patient, string reason, string? by = null) =>
        FaultOf(reason) is { } fault ? throw new CommandFailedException(fault) { ExitCode = ExitCode.Usage } : new(
            Guid.NewGuid().ToString("N"), action, chain, instance, patient, by ?? Environment.UserName, reason, DateTimeOffset.UtcNow);

    /// <summary>Why a text is no reason for the audit log; null where it is one.</summary>
    public static string? FaultOf(string? reason) => string.IsNullOrWhiteSpace(reason)
        ? "reason is missing: it goes into the audit log"
        : reason.Length > OperatorRequest.MaxWhy
            ? $"reason has {reason.Length} characters; at most {OperatorRequest.MaxWhy} go into the audit log" : null;

    /// <summary>Durable when it returns; where the site runs, carried out too unless that takes longer than half a minute.</summary>
    /// <returns>For people: what became of each.</returns>
    public static async Task<IReadOnlyList<string>> LeaveAsync(string dataDirectory, IReadOnlyList<OperatorRequest> requests, CancellationToken stop)
    {
        var lines = new List<string>();
        var folder = new RequestFolder(dataDirectory, new DiskFileSystem());
        foreach (var request in requests)
            folder.Put(request);
        bool runs = DataDirectoryLock.IsHeld(dataDirectory);
        using var patience = new CancellationTokenSource(Patience);
        foreach (var request in requests)
        {
            while (runs && folder.Waits(request.Id) && !patience.IsCancellationRequested)
                await Task.Delay(Poll, stop).ConfigureAwait(false);
            string what = request.Instance < 0 ? "patient" : $"instance {request.Instance}";
            var done = AuditLog.Of(dataDirectory, request.Id);
            lines.Add(done.Count > 0
                ? $"{what}: {done[^1].Result}"
                : $"{what}: noted; the site carries it out {(runs ? "as soon as it comes to it" : "when it runs")}");
        }

        return lines;
    }
}
