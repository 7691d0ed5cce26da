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
internal sealed partial class IngestCommitter
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, ChainIntake> _chains;
    private readonly InstanceSpool _spool;
    private readonly Quarantine _quarantine;
    private readonly CheckpointLog _log;
    private readonly TimeProvider _clock;
    private readonly Action<string, LabelReport> _labelNews;
    /// <summary>Patients who were erased, and the segment of the spool before which theirs may lie; asked for anew after a restart.</summary>
    private readonly Dictionary<string, long> _rolls = [];
    private bool _closed, _unsettled = true;

    /// <param name="labelNews">Told a chain and what is wrong with its labels or what they changed, whenever there is such news.</param>
    public IngestCommitter(
        CheckpointLog log, ConcurrentDictionary<string, ChainIntake> chains, InstanceSpool spool, Quarantine quarantine, TimeProvider clock,
        Action<string, LabelReport> labelNews)
    {
        (_log, _chains, _spool, _quarantine, _clock, _labelNews) = (log, chains, spool, quarantine, clock, labelNews);
        Begin();
    }

    public IReadOnlyDictionary<string, ChainCounters> Counters
    {
        get
        {
            lock (_gate)
            {
                return _chains.ToDictionary(
                    pair => pair.Key,
                    pair => (_log.Last.Chains.GetValueOrDefault(pair.Key) ?? new Checkpoint.Tally())
                        .Count(pair.Value.Store.Count, pair.Value.WaitingCount, pair.Value.AssemblingCount));
            }
        }
    }

    /// <summary>Commits a batch in spool order; an empty one only brings labels together with what waits for them, and ends series that are whole.</summary>
    /// <exception cref="IOException">The disk refused; the same batch may be committed again.</exception>
    public void Commit(IReadOnlyList<Handled> batch)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            foreach (ChainIntake chain in _chains.Values)
            {
                Reconcile(chain);
                Assemble(chain);
            }
            if (batch.Count == 0)
                return;
            Checkpoint next = Begin();
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
                    else if (handled.Outcome is InstanceOutcome.Image image && IsErased(image.Patient, handled.Sequence))
                        Count(tally.OutOfScope, InstanceOutcome.Why.Erased);
                    else if (handled.Outcome is InstanceOutcome.Image kept)
                        images.Add((handled, kept));
                }
                if (images.Count > 0)
                    Keep(_chains[group.Key!], images, tally);
            }
            next.Next = batch[^1].Sequence + 1;
            _log.Save(next);
            Release();
        }
    }

    public IngestAccounting Account()
    {
        lock (_gate)
        {
            long next = _log.Last.Next, acknowledged = _spool.Next;
            IEnumerable<long> quarantined = _quarantine.Sequences().Where(sequence => sequence < acknowledged).ToArray();
            long placed = _chains.Values.SelectMany(chain => chain.Store.SequencesFrom(next)
                    .Concat(chain.Awaiting.All.Concat(chain.Series.All).Where(w => w.Sequence >= next).Select(w => w.Sequence)))
                .Concat(quarantined.Where(sequence => sequence >= next)).Distinct().Count();
            return new IngestAccounting(
                acknowledged,
                acknowledged - next - placed,
                _chains.Values.Sum(chain => (long)chain.Store.Count),
                _chains.Values.Sum(chain => (long)chain.WaitingCount),
                quarantined.Count(),
                _log.Last.Chains.Values.Sum(tally => tally.OutOfScope.Values.Sum()),
                _log.Last.Chains.Values.Sum(tally => tally.Repeated),
                _chains.Values.Sum(chain => (long)chain.AssemblingCount),
                _log.Last.Chains.Values.Sum(tally => tally.Removed.Values.Sum()));
        }
    }

    /// <summary>Whether an instance of the spool is of a patient who was erased behind it.</summary>
    public bool IsErased(string patient, long sequence)
    {
        lock (_gate)
            return _log.Last.Erased.TryGetValue(patient, out long end) && sequence < end;
    }

    /// <summary>Whether anyone was erased whose instances may still be in the spool.</summary>
    public bool AnyErased
    {
        get
        {
            lock (_gate)
                return _log.Last.Erased.Count > 0;
        }
    }

    /// <summary>Instances below this spool sequence are in their place.</summary>
    public long Next
    {
        get
        {
            lock (_gate)
                return _log.Last.Next;
        }
    }

    /// <summary>Whether <see cref="Close"/> was called.</summary>
    public bool Closed
    {
        get
        {
            lock (_gate)
                return _closed;
        }
    }

    /// <summary>Nothing is committed from now on.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
    }

    private static void Count(SortedDictionary<string, long> counts, string reason, long by = 1)
    {
        long count = counts.GetValueOrDefault(reason) + by;
        if (count > 0)
            counts[reason] = count;
        else
            counts.Remove(reason);
    }

    /// <summary>What the next checkpoint starts from. Files that the last one counted out and a crash or the disk kept are taken away first.</summary>
    private Checkpoint Begin()
    {
        if (_unsettled)
            Settle();
        _unsettled = false;
        Checkpoint next = _log.Last.Copy();
        next.Leaving.Clear();
        next.Erasing.Clear();
        return next;
    }

    private void Release()
    {
        if (_spool.CanRelease(_log.Last.Next))
            _log.Flush();
        _spool.Release(_log.Last.Next);
    }

    /// <summary>Saves what is counted out, durably, and then takes it away.</summary>
    private void Leave(Checkpoint next, Action delete)
    {
        _log.Save(next);
        _log.Flush();
        _unsettled = true;
        delete();
        _unsettled = false;
    }

    private void Settle()
    {
        foreach (string chain in _log.Last.Chains.Keys.Where(_ => _log.Last.Leaving.Count > 0))
        {
            foreach (long sequence in _log.Last.Leaving)
                _quarantine.Remove(chain.Length == 0 ? null : chain, sequence);
        }
        foreach (ChainIntake chain in _chains.Values)
        {
            chain.Series.Withdraw([.. chain.Series.All.Where(w => _log.Last.Leaving.Contains(w.Sequence))]);
            foreach (string patient in _log.Last.Erasing)
                Wipe(chain, patient);
        }
    }

    private void Keep(ChainIntake chain, List<(Handled Handled, InstanceOutcome.Image Image)> images, Checkpoint.Tally tally)
    {
        var records = new List<SampleRecord>();
        var inBatch = new Dictionary<string, (long Sequence, ushort[] Pixels)>();
        foreach ((Handled handled, InstanceOutcome.Image image) in images)
        {
            if ((Held(chain, image.Id) ?? (inBatch.TryGetValue(image.Id, out (long, ushort[]) earlier) ? earlier : null)) is { } held)
            {
                if (held.Sequence != handled.Sequence)
                    Repeat(chain, handled.Sequence, image, held.Pixels, tally);
                continue;
            }
            if (chain.Route.MiddleOfSeries && (chain.Store.HasSeries(image.Series) || chain.Awaiting.All.Any(w => w.Series == image.Series)))
            {
                Count(tally.OutOfScope, InstanceOutcome.Why.Late);
                continue;
            }
            inBatch.Add(image.Id, (handled.Sequence, image.Pixels));
            records.Add(ToRecord(chain, handled, image));
        }
        if (chain.Route.MiddleOfSeries)
            chain.Series.Append(records);
        else
            Place(chain, records);
    }

    /// <summary>Samples with a label to where training draws from, the others to where they wait for one.</summary>
    private static void Place(ChainIntake chain, List<SampleRecord> records)
    {
        SampleRecord[] labelled = [.. records.Where(record => record.Sample.Label >= 0)], waiting = [.. records.Where(record => record.Sample.Label < 0)];
        if (labelled.Length > 0)
            chain.Store.Append(labelled);
        if (waiting.Length > 0)
            chain.Awaiting.Append(waiting);
    }

    private static SampleRecord ToRecord(ChainIntake chain, Handled handled, InstanceOutcome.Image image) => Labelled(chain, new SampleRecord(
        new Sample(image.Id, image.Patient, image.Label, chain.Route.Split.Of(image.Patient), image.Height, image.Width, image.Pixels),
        handled.Sequence, image.Accession, handled.Received, handled.Source)
    {
        Series = image.Series,
        Position = image.Position,
    });

    /// <summary>The record with the label that the book has for it now; as it is where there is none.</summary>
    private static SampleRecord Labelled(ChainIntake chain, SampleRecord record)
    {
        Sample sample = record.Sample;
        LabelEntry? label = chain.Labels.Find(PseudonymHash.Of(sample.Id), PseudonymHash.Of(record.Accession), PseudonymHash.Of(sample.Patient));
        return label is null ? record : record with
        {
            Sample = sample with { Label = label.Label, Split = label.Split ?? chain.Route.Split.Of(sample.Patient) },
        };
    }

    private static (long Sequence, ushort[] Pixels)? Held(ChainIntake chain, string id)
    {
        SampleRecord? record = chain.Store.Find(id)
            ?? (chain.Awaiting.Find(id) is { } waiting ? chain.Awaiting.Read(waiting) : null)
            ?? (chain.Series.Find(id) is { } unfinished ? chain.Series.Read(unfinished) : null);
        return record is null ? null : (record.Sequence, record.Sample.Pixels);
    }

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

    /// <summary>Brings samples and labels together: new labels promote, changed ones relabel, withdrawn ones send back to wait.</summary>
    private void Reconcile(ChainIntake chain)
    {
        IReadOnlyList<string> before = chain.Labels.Problems;
        int promoted = 0, relabelled = 0, demoted = 0;
        if (chain.Labels.Refresh())
            (promoted, relabelled, demoted) = (Promote(chain), Relabel(chain), Demote(chain));
        bool problems = !chain.Labels.Problems.SequenceEqual(before);
        if (problems || relabelled + demoted > 0)
            _labelNews(chain.Route.Chain, new LabelReport(problems ? chain.Labels.Problems : null, promoted, relabelled, demoted));
    }

    private static int Promote(ChainIntake chain)
    {
        var found = new List<WaitingStore.Waiting>();
        var samples = new List<SampleRecord>();
        foreach (WaitingStore.Waiting waiting in chain.Awaiting.All)
        {
            if (chain.Labels.Find(PseudonymHash.Of(waiting.Id), PseudonymHash.Of(waiting.Accession), PseudonymHash.Of(waiting.Patient)) is null)
                continue;
            found.Add(waiting);
            samples.Add(Labelled(chain, chain.Awaiting.Read(waiting)));
        }
        if (found.Count == 0)
            return 0;
        chain.Store.Append(samples);
        chain.Awaiting.Withdraw(found);
        return found.Count;
    }

    private static int Relabel(ChainIntake chain)
    {
        IReadOnlyList<SampleRecord> changed = chain.Store.Where((id, accession, patient, label, split) =>
            chain.Labels.Find(id, accession, patient) is { } entry && (entry.Label != label || (entry.Split is { } fixedSplit && fixedSplit != split)));
        if (changed.Count > 0)
            chain.Store.Append([.. changed.Select(record => Labelled(chain, record) with { Kind = SampleRecordKind.Amended })]);
        return changed.Count;
    }

    private static int Demote(ChainIntake chain)
    {
        if (!chain.Labels.IsComplete)
            return 0;
        IReadOnlyList<SampleRecord> lost = chain.Store.Where((id, accession, patient, _, _) => chain.Labels.Find(id, accession, patient) is null);
        if (lost.Count == 0)
            return 0;
        chain.Awaiting.Append(
        [
            .. lost.Select(record => record with
            {
                Kind = SampleRecordKind.Sample,
                Sample = record.Sample with { Label = -1, Split = chain.Route.Split.Of(record.Sample.Patient) },
            }),
        ]);
        chain.Store.Append([.. lost.Select(record => SampleRecord.Withdrawal(record.Sample.Id, record.Sample.Patient, record.Sequence))]);
        return lost.Count;
    }

    /// <summary>Of every series that has been still for long enough, the image in the middle becomes the sample.</summary>
    private void Assemble(ChainIntake chain)
    {
        if (chain.Series.Count == 0)
            return;
        Checkpoint next = Begin();
        DateTimeOffset still = _clock.GetUtcNow() - chain.Route.StableAfter;
        WaitingStore.Waiting[][] whole = [.. chain.Series.All.GroupBy(w => w.Series).Where(series => series.All(w => w.Since <= still)).Select(s => s.ToArray())];
        if (whole.Length == 0)
            return;
        var chosen = new List<SampleRecord>();
        foreach (WaitingStore.Waiting[] series in whole)
        {
            WaitingStore.Waiting[] ordered = [.. series.OrderBy(w => w.Position).ThenBy(w => w.Sequence)];
            // A crash behind the placing and before the checkpoint: the choice is made already.
            WaitingStore.Waiting middle = Array.Find(ordered, w => chain.Store.Contains(w.Id) || chain.Awaiting.Find(w.Id) is not null)
                ?? ordered[ordered.Length / 2];
            chosen.Add(Labelled(chain, chain.Series.Read(middle)));
            Count(next.Of(chain.Route.Chain).OutOfScope, InstanceOutcome.Why.NotChosen, series.Length - 1);
            next.Leaving.UnionWith(series.Select(w => w.Sequence));
        }
        Place(chain, chosen);
        Leave(next, () => chain.Series.Withdraw([.. whole.SelectMany(series => series)]));
    }
}
