using System.Collections.Concurrent;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Actors.Ingest.Spool;
using Pipeline.Actors.Ingest.Stages;
using Pipeline.Actors.Ingest.Storage;

namespace Pipeline.Actors.Ingest;

/// <summary>
/// Puts handled instances into their final place, batch by batch: samples and waiting samples flushed first, the checkpoint last. What a crash leaves
/// between the two is recognised by its spool sequence when it comes again, so every instance ends in one place once.
/// </summary>
internal sealed class IngestCommitter
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, ChainIntake> _chains;
    private readonly InstanceSpool _spool;
    private readonly Quarantine _quarantine;
    private readonly CheckpointLog _log;
    private readonly Action<string, IReadOnlyList<string>> _labelProblems;
    private bool _closed;

    /// <param name="labelProblems">Told a chain and what is wrong with its labels whenever that changes.</param>
    public IngestCommitter(
        CheckpointLog log, ConcurrentDictionary<string, ChainIntake> chains, InstanceSpool spool, Quarantine quarantine,
        Action<string, IReadOnlyList<string>> labelProblems) =>
        (_log, _chains, _spool, _quarantine, _labelProblems) = (log, chains, spool, quarantine, labelProblems);

    public IReadOnlyDictionary<string, ChainCounters> Counters
    {
        get
        {
            lock (_gate)
            {
                return _chains.ToDictionary(
                    pair => pair.Key,
                    pair => (_log.Last.Chains.GetValueOrDefault(pair.Key) ?? new Checkpoint.Tally()).Count(pair.Value.Store.Count, pair.Value.WaitingCount));
            }
        }
    }

    /// <summary>Commits a batch in spool order; an empty one only brings labels together with what waits for them.</summary>
    /// <exception cref="IOException">The disk refused; the same batch may be committed again.</exception>
    public void Commit(IReadOnlyList<Handled> batch)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            foreach (ChainIntake chain in _chains.Values)
            {
                IReadOnlyList<string> before = chain.Labels.Problems;
                if (chain.Labels.Refresh())
                    Promote(chain);
                if (!chain.Labels.Problems.SequenceEqual(before))
                    _labelProblems(chain.Route.Chain, chain.Labels.Problems);
            }
            if (batch.Count == 0)
                return;
            Checkpoint next = _log.Last.Copy();
            foreach (IGrouping<string?, Handled> group in batch.GroupBy(handled => handled.Chain))
            {
                Checkpoint.Tally tally = next.Of(group.Key ?? "");
                var images = new List<(Handled Handled, InstanceOutcome.Image Image)>();
                foreach (Handled handled in group)
                {
                    tally.Received++;
                    if (handled.Outcome is InstanceOutcome.Quarantined quarantined)
                        Count(tally.Quarantined, quarantined.Reason);
                    else if (handled.Outcome is InstanceOutcome.OutOfScope outOfScope)
                        Count(tally.OutOfScope, outOfScope.Reason);
                    else if (handled.Outcome is InstanceOutcome.Image image)
                        images.Add((handled, image));
                }
                if (images.Count > 0)
                    Keep(_chains[group.Key!], images, tally);
            }
            next.Next = batch[^1].Sequence + 1;
            _log.Save(next);
            if (_spool.CanRelease(next.Next))
            {
                _log.Flush();
                _spool.Release(next.Next);
            }
        }
    }

    public IngestAccounting Account()
    {
        lock (_gate)
        {
            long next = _log.Last.Next, acknowledged = _spool.Next;
            IEnumerable<long> quarantined = _quarantine.Sequences().Where(sequence => sequence < acknowledged).ToArray();
            long placed = _chains.Values.SelectMany(chain => chain.Store.SequencesFrom(next)
                    .Concat(chain.Awaiting.All.Where(w => w.Sequence >= next).Select(w => w.Sequence)))
                .Concat(quarantined.Where(sequence => sequence >= next)).Distinct().Count();
            return new IngestAccounting(
                acknowledged,
                acknowledged - next - placed,
                _chains.Values.Sum(chain => (long)chain.Store.Count),
                _chains.Values.Sum(chain => (long)chain.WaitingCount),
                quarantined.Count(),
                _log.Last.Chains.Values.Sum(tally => tally.OutOfScope.Values.Sum()),
                _log.Last.Chains.Values.Sum(tally => tally.Repeated));
        }
    }

    /// <summary>Nothing is committed from now on.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
    }

    private static void Count(SortedDictionary<string, long> counts, string reason) => counts[reason] = counts.GetValueOrDefault(reason) + 1;

    private void Keep(ChainIntake chain, List<(Handled Handled, InstanceOutcome.Image Image)> images, Checkpoint.Tally tally)
    {
        var labelled = new List<SampleRecord>();
        var waiting = new List<SampleRecord>();
        var inBatch = new Dictionary<string, (long Sequence, ushort[] Pixels)>();
        foreach ((Handled handled, InstanceOutcome.Image image) in images)
        {
            if ((Held(chain, image.Id) ?? (inBatch.TryGetValue(image.Id, out (long, ushort[]) earlier) ? earlier : null)) is { } held)
            {
                if (held.Sequence != handled.Sequence)
                    Repeat(chain, handled.Sequence, image, held.Pixels, tally);
                continue;
            }
            inBatch.Add(image.Id, (handled.Sequence, image.Pixels));
            SampleRecord record = ToRecord(chain, handled, image);
            (record.Sample.Label < 0 ? waiting : labelled).Add(record);
        }
        if (labelled.Count > 0)
            chain.Store.Append(labelled);
        if (waiting.Count > 0)
            chain.Awaiting.Append(waiting);
    }

    private static SampleRecord ToRecord(ChainIntake chain, Handled handled, InstanceOutcome.Image image)
    {
        LabelEntry? label = chain.Labels.Find(image.Id, image.Accession, image.Patient);
        DataSplit split = label?.Split ?? chain.Route.Split.Of(image.Patient);
        return new SampleRecord(
            new Sample(image.Id, image.Patient, label?.Label ?? -1, split, image.Height, image.Width, image.Pixels),
            handled.Sequence, image.Accession, handled.Received, handled.Source);
    }

    private static (long Sequence, ushort[] Pixels)? Held(ChainIntake chain, string id) =>
        chain.Store.Find(id) ?? (chain.Awaiting.Find(id) is { } waiting ? (waiting.Sequence, chain.Awaiting.Read(waiting).Sample.Pixels) : null);

    /// <summary>An instance the repeat index had forgotten.</summary>
    private void Repeat(ChainIntake chain, long sequence, InstanceOutcome.Image image, ushort[] held, Checkpoint.Tally tally)
    {
        if (held.AsSpan().SequenceEqual(image.Pixels))
        {
            tally.Repeated++;
            return;
        }
        _quarantine.Put(
            _spool.ReadFrom(sequence).TryRead()!, chain.Route.Chain, InstanceOutcome.Why.Conflict, "A sample with other pixels is held under this id.");
        Count(tally.Quarantined, InstanceOutcome.Why.Conflict);
    }

    private static void Promote(ChainIntake chain)
    {
        var found = new List<AwaitingLabelStore.Waiting>();
        var samples = new List<SampleRecord>();
        foreach (AwaitingLabelStore.Waiting waiting in chain.Awaiting.All)
        {
            if (chain.Labels.Find(waiting.Id, waiting.Accession, waiting.Patient) is not { } label)
                continue;
            SampleRecord record = chain.Awaiting.Read(waiting);
            Sample sample = record.Sample with { Label = label.Label, Split = label.Split ?? record.Sample.Split };
            found.Add(waiting);
            samples.Add(record with { Sample = sample });
        }
        if (found.Count == 0)
            return;
        chain.Store.Append(samples);
        chain.Awaiting.Withdraw(found);
    }
}
