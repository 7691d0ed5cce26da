using Akka.Actor;
using Akka.Event;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;

namespace Pipeline.Ledger.Consensus;

/// <summary>Recovery, and the execution of the core's effects: the records of one step become one journal entry, then everything else runs.</summary>
public sealed partial class ReplicaActor
{
    private void OnRecovered(JournalEntry entry)
    {
        if (_foreign)
            return;
        IEnumerable<JournalRecord> records = entry.Records;
        if (_start is { } start && !_resumed)
        {
            _resumed = true;
            records = FirstEntry(start, entry);
        }
        else if (!entry.Follows(_seal))
        {
            throw new InvalidDataException($"entry {LastSequenceNr} does not follow the one before it: the journal was changed; restore a backup by 'pipeline ledger restore'");
        }
        else
        {
            _seal = entry.Seal;
        }

        foreach (var record in records)
        {
            switch (record)
            {
                case JournalRecord.Founded founded:
                    if (founded.Genesis.ChainId != _genesis.ChainId || founded.Member != _settings.Member)
                    {
                        throw new InvalidDataException(
                            $"the journal belongs to '{founded.Member}' on chain {founded.Genesis.ChainId.Short}, and this is '{_settings.Member}' on chain " +
                            $"{_genesis.ChainId.Short}; a journal is never used for another: put back its genesis, or begin the new chain in an empty folder " +
                            "or schema");
                    }

                    _founded = true;
                    break;
                case JournalRecord.Committed { Certificate: var certificate }:
                    Apply(new CommittedBlock(_recoveredBlocks[certificate.BlockId], certificate));
                    _recovered.Clear();
                    _recoveredBlocks.Clear();
                    break;
                case JournalRecord.Restored:
                    _restored = _mayForget = true;
                    break;
                case JournalRecord.Piece piece:
                    _pieces.Add(piece, LastSequenceNr);
                    break;
                case JournalRecord.Adopted adopted:
                    Readopt(adopted);
                    break;
                default:
                    // Signed since, so what may be forgotten lies behind.
                    if (record is JournalRecord.Voted or JournalRecord.Proposed)
                        _restored = _mayForget = false;
                    if (record is JournalRecord.Stored stored)
                        _recoveredBlocks[stored.Block.Id] = stored.Block;
                    _recovered.Add(record);
                    break;
            }
        }
    }

    private void OnRecoveryCompleted()
    {
        if (_foreign || (_start is not null && !_resumed))
        {
            StartWithoutSnapshot();
            return;
        }

        _pieces.Clear();
        if (_founded)
        {
            Begin();
            return;
        }

        _busy = true;
        Persist(JournalEntry.Create(_seal, [new JournalRecord.Founded(_settings.Member, _genesis)]), entry =>
        {
            _seal = entry.Seal;
            _busy = false;
            Begin();
        });
    }

    private void Begin()
    {
        _archive = Context.ActorOf(Akka.Actor.Props.Create(() => new BlockArchive(PersistenceId, _settings.Journal)), "archive");
        _settings.Network.Register(_genesis.ChainId, PeerLane.Consensus, _self);
        _settings.Network.Register(_genesis.ChainId, PeerLane.Sync, _self);
        Timers.StartPeriodicTimer(TickElapsed.Instance, TickElapsed.Instance, _settings.Timeouts.Tick);
        if (IsBeyondThisBuild())
            return;
        (_core, _catchUp, _seat) = TakeSeat();
        TellSeat();
        _core.SetSigning(false, _effects);
        _core.Recover(_assembler.NextHeight, _recovered, _effects);
        _recovered.Clear();
        _recoveredBlocks.Clear();
        TraceHeight();
        ScheduleHeight();
        AskWhereOthersStand();
        UpdateSync();
        WriteSnapshot();
        Run();
    }

    private void TellSeat()
    {
        var members = Rules.Members;
        if (_seat < 0 && _settings.Keys is not null)
        {
            _log.Warning("chain {0}: '{1}' has no seat with its key in epoch {2}; it follows and signs nothing", _genesis.Name, _settings.Member, Rules.Epoch);
        }
        else if (members.MaxFaulty == 0)
        {
            _log.Info("chain {0}: {1} member(s) tolerate no faulty one; a production chain has at least 4", _genesis.Name, members.Count);
        }
    }

    /// <summary>Stops before the first block whose rules this build does not know: what it made of it would be no state of the chain's.</summary>
    private bool IsBeyondThisBuild()
    {
        if (Rules.Version <= _settings.NewestProtocol)
            return false;
        _log.Error("chain {0}: block {1} is made under protocol version {2}, which the members decided to go on to, and this build knows versions up to " +
            "{3}; the replica stops at height {4} with nothing lost: install a newer version of the pipeline and start again", _genesis.Name,
            _assembler.NextHeight, Rules.Version, _settings.NewestProtocol, _blocks.Height);
        Halt();
        return true;
    }

    /// <summary>Work on the next height begins; where the members change, with the seat that the new epoch has for this replica.</summary>
    private void BeginNext(long epoch)
    {
        if (IsBeyondThisBuild())
            return;
        bool changed = Rules.Epoch != epoch;
        if (changed)
        {
            (_core, _catchUp, _seat) = TakeSeat();
            _log.Info("chain {0}: epoch {1} begins at height {2} with {3}", _genesis.Name, Rules.Epoch, _assembler.NextHeight,
                string.Join(", ", Rules.Members.Members.Select(m => m.Id)));
            TellSeat();
            _core.SetSigning(false, _effects);
        }

        TraceHeight();
        _core.Begin(_assembler.NextHeight, _effects);
        ScheduleHeight();
        if (changed)
            AskWhereOthersStand();
        UpdateSync();
    }

    /// <summary>
    /// Persists whatever the collected effects want durable, in one entry, before any of them runs. Commands that arrive meanwhile are
    /// stashed by Akka.Persistence, so the core never sees an input between a step and its records.
    /// </summary>
    private void Run()
    {
        if (_busy || _stopping)
            return;
        while (!_stopping)
        {
            if (_effects.Count == 0)
            {
                if (!_fetched.TryDequeue(out var next))
                    return;
                _core.Receive(next.From, new ChainMessage.Decided(next.Block), _effects);
                continue;
            }

            var effects = _effects;
            _effects = [];
            var records = effects.OfType<ConsensusEffect.Persist>().SelectMany(p => p.Records).ToArray();
            if (records.Length > 0)
            {
                PersistThenExecute(records, effects);
                return;
            }

            ExecuteAll(effects);
        }
    }

    private void PersistThenExecute(IReadOnlyList<JournalRecord> records, List<ConsensusEffect> effects)
    {
        _busy = true;
        Persist(JournalEntry.Create(_seal, records), entry =>
        {
            _seal = entry.Seal;
            _mayForget &= !records.Any(r => r is JournalRecord.Voted or JournalRecord.Proposed);
            _busy = false;
            ExecuteAll(effects);
            Run();
        });
    }

    private void ExecuteAll(List<ConsensusEffect> effects)
    {
        foreach (var effect in effects)
        {
            if (_stopping)
                return;
            Execute(effect);
        }
    }

    private void Execute(ConsensusEffect effect)
    {
        switch (effect)
        {
            case ConsensusEffect.Broadcast broadcast:
                Broadcast(broadcast.Message, PeerLane.Consensus);
                break;
            case ConsensusEffect.ScheduleTimeout t:
                Timers.StartSingleTimer(
                    t.Step, new TimeoutElapsed(t.Height, t.Round, t.Step), _settings.Timeouts.Of(t.Step, t.Round));
                break;
            case ConsensusEffect.RequestProposal request:
                _core.ProposalReady(request.Height, request.Round, _assembler.Build(_seat), _effects);
                break;
            case ConsensusEffect.Decide decide:
                long epoch = Rules.Epoch;
                ApplyTraced(decide.Block);
                BeginNext(epoch);
                break;
            case ConsensusEffect.Lagging lagging when lagging.Height > _blocks.Base && lagging.Height <= _blocks.Height:
                Send(
                    Rules.Members[lagging.Seat].Id, new ChainMessage.Decided(_blocks.Above(lagging.Height - 1).First().Block), PeerLane.Sync);
                break;
            case ConsensusEffect.Behind behind:
                _catchUp.Report(behind.Seat, behind.Height, isAnswer: false);
                UpdateSync();
                break;
            case ConsensusEffect.EvidenceFound found:
                _log.Warning("chain {0}: member '{1}' signed two {2}s at height {3}, round {4}", _genesis.Name,
                    Rules.Members[found.Evidence.Seat].Id, found.Evidence.Type, found.Evidence.Height, found.Evidence.Round);
                if (_assembler.Evidence.TryAdd(found.Evidence))
                    Broadcast(new ChainMessage.Evidence([found.Evidence]), PeerLane.Sync);
                StartIfDue();
                break;
            case ConsensusEffect.AmnesiaFound amnesia:
                _log.Error("chain {0}: others hold signatures of ours at height {1} that this journal does not know (restored from an old " +
                    "copy, or the key signs elsewhere); nothing is signed up to there", _genesis.Name, amnesia.Height);
                break;
            case ConsensusEffect.Diverged diverged:
                _log.Error("chain {0}: a quorum committed a block at height {1} that is invalid here ({2}); this replica's state is not the " +
                    "chain's and it stops", _genesis.Name, diverged.Height, diverged.Reason);
                Halt();
                break;
        }
    }

    private void Apply(CommittedBlock committed)
    {
        var outcome = _application.Apply(committed.Block);
        _assembler.Applied(committed.Block);
        var applied = new ChainProtocol.BlockApplied(committed, outcome, _assembler.StateRoot);
        _blocks.Add(applied);
        NoteSnapshot(committed);
        if (!IsRecovering)
            _mempool.Retain(t => _application.Check(t) is null);
        foreach (var subscriber in _subscribers)
            subscriber.Tell(applied);
    }

    private void Broadcast(ChainMessage message, PeerLane lane)
    {
        if (Rules is { Members.Count: 1, EndsEpoch: false } && _seat == 0)
            return;
        var bytes = Canonical.Encode(message);
        // Who joins with the next epoch hears this one end.
        foreach (string member in Rules.Everyone)
        {
            if (member != _settings.Member)
                _settings.Network.Send(member, _genesis.ChainId, lane, bytes);
        }
    }

    private void Send(string to, ChainMessage message, PeerLane lane) =>
        _settings.Network.Send(to, _genesis.ChainId, lane, Canonical.Encode(message));
}
