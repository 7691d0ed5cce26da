using System.Globalization;
using Akka.Event;
using Pipeline.Actors.Ingest.Spool;
using Pipeline.Actors.Ingest.Stages;
using Pipeline.Actors.Ingest.Storage;

namespace Pipeline.Actors.Ingest.Requests;

/// <summary>Carries out what people decided and what retention asks, between two commits. Every step may be done again after a crash.</summary>
internal sealed class RequestHandler(
    RequestFolder requests, AuditLog audit, Quarantine quarantine, IngestCommitter committer, InstanceWay way, Func<string?, string, ChainRoute?> routes,
    TimeSpan retention, TimeProvider clock, ILoggingAdapter log)
{
    private const string Retention = "retention";
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private DateTimeOffset _nextSweep = DateTimeOffset.MinValue;
    private long _retention = retention.Ticks, _swept = retention.Ticks;

    /// <summary>How long an instance stays in quarantine; zero keeps it for ever. Another one is looked by at once. Any thread.</summary>
    public TimeSpan Retained
    {
        get => new(Volatile.Read(ref _retention));
        set => Volatile.Write(ref _retention, value.Ticks);
    }

    /// <exception cref="IOException">The disk refused; what was done stays done, the rest is done again.</exception>
    public void Run()
    {
        if (committer.Closed)
            return;
        // An instance on its way to a commit is in quarantine's files before it is counted there; a decision about it waits for that.
        foreach (OperatorRequest request in requests.Pending().Where(request => request.Instance < committer.Next))
        {
            string result = request.Action switch
            {
                OperatorAction.Release => Release(request),
                OperatorAction.Drop => Drop(request),
                _ => Erase(request),
            };
            audit.Append(new AuditEntry(
                clock.GetUtcNow(), request.Id, request.Action.ToString().ToLowerInvariant(), request.Chain, request.Instance, request.Patient, request.By,
                request.Why, result));
            requests.Remove(request);
            log.Info("{0} of {1} asked for by {2}: {3}", request.Action, request.Patient.Length > 0 ? "a patient" : $"instance {request.Instance}",
                request.By, result);
        }
        FinishErasures();
        Sweep();
    }

    private string Release(OperatorRequest request)
    {
        if (quarantine.Find(request.Chain, request.Instance) is not { } held)
            return "it is not in quarantine any more";
        if (quarantine.Restore(held) is not { } record)
            return "its file cannot be read; it stays in quarantine";
        ChainRoute? route = routes(held.Chain, held.Called ?? "");
        return committer.Release(held, new Handled(held.Sequence, held.Received, held.Source ?? "", route?.Chain, way.Run(record, route, released: true)), record);
    }

    private string Drop(OperatorRequest request)
    {
        if (quarantine.Find(request.Chain, request.Instance) is not { } held)
            return "it is not in quarantine any more";
        committer.Drop([held], "dropped");
        return "deleted";
    }

    private string Erase(OperatorRequest request)
    {
        QuarantinedInstance[] theirs = [.. quarantine.All().Where(held => held.Sequence < committer.Next && way.PatientOf(quarantine.Restore(held)) == request.Patient)];
        committer.Drop(theirs, "erased");
        int samples = committer.Erase(request.Patient);
        return string.Create(CultureInfo.InvariantCulture,
            $"{samples} samples and {theirs.Length} instances in quarantine deleted, labels forgotten; the spool is cleared as it is consumed");
    }

    /// <summary>What of an erased patient was on its way between spool and quarantine when it was asked for.</summary>
    private void FinishErasures()
    {
        IReadOnlyDictionary<string, long> done = committer.FinishErasures();
        if (done.Count == 0)
            return;
        committer.Drop(
            [
                .. quarantine.All().Where(held =>
                    done.TryGetValue(way.PatientOf(quarantine.Restore(held)), out long end) && held.Sequence < end),
            ],
            InstanceOutcome.Why.Erased);
        // A crash before it is forgotten gives the line twice, rather than never.
        foreach (string patient in done.Keys)
        {
            audit.Append(new AuditEntry(
                clock.GetUtcNow(), "erasure", "erase", null, -1, patient, "", "", "the spool holds nothing of this patient any more"));
        }
        committer.ForgetErasures(done.Keys);
    }

    private void Sweep()
    {
        DateTimeOffset now = clock.GetUtcNow();
        TimeSpan retained = Retained;
        if (retained == TimeSpan.Zero || (now < _nextSweep && retained.Ticks == _swept))
            return;
        _swept = retained.Ticks;
        _nextSweep = now + SweepInterval;
        QuarantinedInstance[] old = [.. quarantine.All().Where(held => held.Sequence < committer.Next && held.Received + retained < now)];
        committer.Drop(old, "expired");
        foreach (QuarantinedInstance held in old)
        {
            audit.Append(new AuditEntry(
                now, Retention, "drop", held.Chain, held.Sequence, "", Retention, $"held longer than {retained.TotalDays:0.#} days", "deleted"));
        }
        if (old.Length > 0)
            log.Info("{0} instances left quarantine: they were held longer than pipeline.quarantine.retention.", old.Length);
    }
}
