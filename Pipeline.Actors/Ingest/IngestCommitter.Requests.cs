using Pipeline.Actors.Ingest.Spool;
using Pipeline.Actors.Ingest.Stages;
using Pipeline.Actors.Ingest.Storage;

namespace Pipeline.Actors.Ingest;

/// <summary>What people and retention take out of their place: counted and flushed first, deleted then, so a crash between the two counts nothing twice.</summary>
internal sealed partial class IngestCommitter
{
    /// <summary>Takes an instance out of quarantine to where the stages now say it belongs.</summary>
    /// <returns>What became of it, in words.</returns>
    public string Release(QuarantinedInstance held, Handled handled, SpoolRecord record)
    {
        lock (_gate)
        {
            Checkpoint next = Begin();
            if (_quarantine.Find(held.Chain, held.Sequence) is null)
                return "it has left quarantine already";
            Checkpoint.Tally before = next.Of(held.Chain ?? ""), tally = next.Of(handled.Chain ?? "");
            if (handled.Outcome is InstanceOutcome.Quarantined again)
                return Stays(held, again, record, next, before);
            if (!ReferenceEquals(before, tally))
            {
                before.Received--;
                tally.Received++;
            }
            string result;
            if (handled.Outcome is InstanceOutcome.OutOfScope outOfScope)
            {
                Count(tally.OutOfScope, outOfScope.Reason);
                result = $"out of scope: {outOfScope.Reason}";
            }
            else
            {
                result = PlaceReleased(_chains[handled.Chain!], handled, (InstanceOutcome.Image)handled.Outcome, tally);
            }
            Count(before.Quarantined, held.Reason, -1);
            next.Leaving.Add(held.Sequence);
            Leave(next, () => _quarantine.Remove(held.Chain, held.Sequence));
            return result;
        }
    }

    /// <summary>Deletes instances in quarantine.</summary>
    /// <param name="reason">By which they are counted.</param>
    public void Drop(IReadOnlyCollection<QuarantinedInstance> held, string reason)
    {
        if (held.Count == 0)
            return;
        lock (_gate)
        {
            Checkpoint next = Begin();
            QuarantinedInstance[] there = [.. held.Where(one => _quarantine.Find(one.Chain, one.Sequence) is not null)];
            foreach (QuarantinedInstance one in there)
            {
                Count(next.Of(one.Chain ?? "").Removed, reason);
                Count(next.Of(one.Chain ?? "").Quarantined, one.Reason, -1);
                next.Leaving.Add(one.Sequence);
            }
            Leave(next, () => Array.ForEach(there, one => _quarantine.Remove(one.Chain, one.Sequence)));
        }
    }

    /// <summary>Deletes a patient's samples, forgets the labels, and keeps from now on what the spool still holds from becoming samples.</summary>
    /// <returns>Samples deleted.</returns>
    public int Erase(string patient)
    {
        lock (_gate)
        {
            Checkpoint next = Begin();
            int erased = 0;
            foreach (ChainIntake chain in _chains.Values)
            {
                int count = Of(chain, patient).Select(record => record.Sample.Id).Distinct().Count();
                Count(next.Of(chain.Route.Chain).Removed, InstanceOutcome.Why.Erased, count);
                erased += count;
            }
            next.Erasing.Add(patient);
            next.Erased[patient] = _spool.Next;
            _rolls.Remove(patient);
            Leave(next, () =>
            {
                foreach (ChainIntake chain in _chains.Values)
                    Wipe(chain, patient);
            });
            return erased;
        }
    }

    /// <summary>Has the spool's files deleted, once they are consumed, that held instances of patients who were erased.</summary>
    /// <returns>Pseudonyms of whom none is left there, and the sequence behind the last instance that was erased.</returns>
    /// <exception cref="IOException">The disk refused; calling again later does no harm.</exception>
    public IReadOnlyDictionary<string, long> FinishErasures()
    {
        lock (_gate)
        {
            var consumed = _log.Last.Erased.Where(erased => erased.Value <= _log.Last.Next).ToDictionary();
            if (consumed.Keys.Any(patient => !_rolls.ContainsKey(patient)))
            {
                long roll = _spool.Roll();
                foreach (string patient in consumed.Keys)
                    _rolls.TryAdd(patient, roll);
            }
            if (consumed.Count > 0)
                Release();
            return consumed.Where(erased => _spool.IsGone(_rolls[erased.Key])).ToDictionary();
        }
    }

    /// <summary>An erasure that is whole.</summary>
    public void ForgetErasures(IEnumerable<string> patients)
    {
        lock (_gate)
        {
            Checkpoint next = Begin();
            foreach (string patient in patients)
            {
                next.Erased.Remove(patient);
                _rolls.Remove(patient);
            }
            _log.Save(next);
            _log.Flush();
        }
    }

    private static IEnumerable<SampleRecord> Of(ChainIntake chain, string patient)
    {
        UInt128 key = PseudonymHash.Of(patient);
        return chain.Store.Where((_, _, owner, _, _) => owner == key)
            .Concat(chain.Awaiting.All.Concat(chain.Series.All).Where(w => w.Patient == patient)
                .Select(w => SampleRecord.Withdrawal(w.Id, patient, w.Sequence) with { Accession = w.Accession }));
    }

    private static void Wipe(ChainIntake chain, string patient)
    {
        chain.Labels.Forget(PseudonymHash.Of(patient));
        foreach (SampleRecord record in Of(chain, patient))
        {
            chain.Labels.Forget(PseudonymHash.Of(record.Sample.Id));
            if (record.Accession.Length > 0)
                chain.Labels.Forget(PseudonymHash.Of(record.Accession));
        }
        chain.Store.Erase(patient);
        chain.Awaiting.Erase(patient);
        chain.Series.Erase(patient);
    }

    private string Stays(
        QuarantinedInstance held, InstanceOutcome.Quarantined again, SpoolRecord record, Checkpoint next, Checkpoint.Tally tally)
    {
        if (again.Reason != held.Reason)
        {
            _quarantine.Amend(held with { Reason = again.Reason, Detail = again.Detail });
            Count(tally.Quarantined, held.Reason, -1);
            Count(tally.Quarantined, again.Reason);
            _log.Save(next);
        }
        return $"instance {record.Sequence} stays in quarantine: {again.Reason}, {again.Detail}";
    }

    private string PlaceReleased(ChainIntake chain, Handled handled, InstanceOutcome.Image image, Checkpoint.Tally tally)
    {
        if (Held(chain, image.Id) is not { } held || held.Sequence == handled.Sequence)
        {
            Keep(chain, [(handled, image)], tally);
            return $"its image is sample {image.Id[..12]} of {chain.Route.Chain}";
        }
        if (held.Pixels.AsSpan().SequenceEqual(image.Pixels))
        {
            tally.Repeated++;
            return "a sample with the same pixels is held already";
        }
        SampleRecord record = ToRecord(chain, handled, image);
        if (chain.Store.Find(image.Id) is { } stored)
        {
            chain.Store.Append(
                [record with { Kind = SampleRecordKind.Amended, Sample = record.Sample with { Label = stored.Sample.Label, Split = stored.Sample.Split } }]);
        }
        else
        {
            WaitingStore store = chain.Awaiting.Find(image.Id) is null ? chain.Series : chain.Awaiting;
            store.Withdraw([store.Find(image.Id)!]);
            store.Append([record]);
        }
        Count(tally.Removed, "replaced");
        return $"its image replaces sample {image.Id[..12]} of {chain.Route.Chain}";
    }
}
