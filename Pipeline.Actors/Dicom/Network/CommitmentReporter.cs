using Akka.Event;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// Reports storage commitment on associations of our own, for peers that do not wait on theirs. A report that cannot be brought is tried again; one that
/// a crash takes is asked for again by its requestor, as PS3.4 J leaves it.
/// </summary>
internal sealed class CommitmentReporter(CommitmentSettings settings, ILoggingAdapter log)
{
    private const int MaxUnderWay = 64;

    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile CommitmentSettings _settings = settings;
    private int _underWay;

    public void Send(AssociationEffect.Report report)
    {
        if (Interlocked.Increment(ref _underWay) <= MaxUnderWay)
            _ = SendAsync(report);
        else
        {
            Interlocked.Decrement(ref _underWay);
            log.Warning("Storage commitment for '{0}' is not reported: {1} reports wait already.", report.To.AeTitle, MaxUnderWay);
        }
    }

    /// <summary>By which reports are brought from the next try on.</summary>
    public void Apply(CommitmentSettings wanted) => _settings = wanted;

    public void Stop() => _stopped.TrySetResult();

    private async Task SendAsync(AssociationEffect.Report report)
    {
        try
        {
            for (int attempt = 1; ; attempt++)
            {
                Fault? fault = await AttemptAsync(report).ConfigureAwait(false);
                if (fault is null)
                    return;
                log.Warning("Storage commitment could not be reported to '{0}' (try {1} of {2}): {3}", report.To.AeTitle, attempt, _settings.Attempts, fault.Message);
                // Stopping, the requestor asks again.
                if (attempt >= _settings.Attempts || await Task.WhenAny(_stopped.Task, Task.Delay(_settings.RetryInterval)).ConfigureAwait(false) == _stopped.Task)
                    return;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private async Task<Fault?> AttemptAsync(AssociationEffect.Report report)
    {
        Outcome<DicomAssociation> association = await DicomAssociation.RequestAsync(
            new AssociationSettings(report.To.ReportTo!.Host, report.To.ReportTo.Port, report.To.AeTitle, report.From, [], _settings.Timeout)
            {
                Proposals = [(SopClasses.StorageCommitment, AssociationNegotiator.MessageSyntaxes)],
                Roles = [new RoleSelection(SopClasses.StorageCommitment, Scu: false, Scp: true)],
            }).ConfigureAwait(false);
        if (!association.Ok)
            return association.Fault;
        await using DicomAssociation open = association.Value;
        Outcome<DimseStatus> status = await open.ReportCommitmentAsync(report.Commitment).ConfigureAwait(false);
        await open.ReleaseAsync().ConfigureAwait(false);
        return status.Ok ? status.Value.IsSuccess ? null : new Fault($"it answered {status.Value}") : status.Fault;
    }
}
