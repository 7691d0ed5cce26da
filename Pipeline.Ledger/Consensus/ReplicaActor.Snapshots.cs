using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Snapshots;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Snapshots: taken every so many heights, a restart begins from the newest good one, and a replica that is far behind goes on from one of others.
/// The journal stays whole; a snapshot only says from where it need not be replayed.
/// </summary>
public sealed partial class ReplicaActor
{
    // An entry stays well below what a journal's row can hold.
    private const int PiecesPerEntry = 12;

    private readonly SnapshotFolder? _snapshots;
    private StateSync? _stateSync;
    private readonly StatePieces _pieces = new();
    private readonly SnapshotEntry? _start;
    private Captured? _captured;
    private (SnapshotEntry Entry, byte[] Content)? _due;
    private bool _writing;

    /// <summary>
    /// The journal was restored from an old copy and nothing was signed since: what was signed before may be forgotten, and every restart must know
    /// so. No snapshot may hide it.
    /// </summary>
    private bool _mayForget;

    private readonly List<(object Message, IActorRef Sender)> _early = [];
    private bool _resumed;
    private bool _foreign;

    public override Recovery Recovery => _start is { } start
        ? new Recovery(new SnapshotSelectionCriteria(start.SequenceNumber - 1, DateTime.MaxValue))
        : new Recovery(SnapshotSelectionCriteria.None);

    /// <summary>Knows the members of the epoch under way, to judge what others certify.</summary>
    private LightClient Client => ClientOf(Rules);

    private LightClient ClientOf(ChainRules rules) =>
        LightClient.Start(new TrustedChain(_genesis.ChainId, _genesis.Name, rules.Members, rules.Epoch, long.MaxValue), 0);

    private SnapshotFolder? OpenSnapshots()
    {
        if (_settings.Snapshots is not { } settings)
            return null;
        try
        {
            var folder = SnapshotFolder.Open(settings.Folder, settings.Store, settings.Keep, out var faults);
            foreach (string fault in faults)
                _log.Warning("chain {0}: a snapshot was removed: {1}", _genesis.Name, fault);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.Warning("chain {0}: no snapshots, and every restart replays the whole journal: {1}", _genesis.Name, e.Message);
            return null;
        }
    }

    /// <summary>The newest snapshot that holds what its certified header commits to; the application is in its state then.</summary>
    private SnapshotEntry? BeginFromSnapshot()
    {
        foreach (var entry in _snapshots?.Entries ?? [])
        {
            string? fault = null;
            if (_snapshots!.TryRead(entry, out var snapshot, out fault) &&
                (fault = VerifyOwn(snapshot, entry.Next) ?? _application.Restore(snapshot.State, entry.Next.Header)) is null)
            {
                Resume(snapshot);
                _log.Info("chain {0}: begins at the snapshot of height {1}", _genesis.Name, entry.Height);
                return entry;
            }

            Refuse(entry, fault!);
        }

        return null;
    }

    /// <summary>The members that certify the header above are in the state, which an application that is thrown away takes first.</summary>
    private string? VerifyOwn(ChainSnapshot snapshot, CertifiedHeader next)
    {
        var probe = _settings.CreateApplication();
        return probe.Restore(snapshot.State, next.Header) ??
            snapshot.Verify(next, ClientOf(probe.Rules ?? ChainRules.Of(_genesis)), _settings.Verifier);
    }

    private void Refuse(SnapshotEntry entry, string why)
    {
        _log.Warning("chain {0}: the snapshot of height {1} is not used, and the journal is replayed from further back: {2}",
            _genesis.Name, entry.Height, why);
        try
        {
            _snapshots!.Drop(entry);
        }
        catch (IOException e)
        {
            _log.Warning("chain {0}: it cannot be removed: {1}", _genesis.Name, e.Message);
        }
    }

    private void Resume(ChainSnapshot snapshot)
    {
        _assembler.Restore(snapshot);
        _blocks.Reset(snapshot.Height);
    }

    /// <summary>
    /// The first entry of the replay is the one that the snapshot was taken of, or the snapshot is of another journal: an old copy of this one was
    /// put in its place.
    /// </summary>
    /// <returns>The records after the snapshot.</returns>
    private IEnumerable<JournalRecord> FirstEntry(SnapshotEntry start, JournalEntry entry)
    {
        if (LastSequenceNr != start.SequenceNumber || entry.Seal != start.Seal)
        {
            _foreign = true;
            return [];
        }

        _founded = true;
        _seal = entry.Seal;
        int end = entry.Records.ToList().FindIndex(r => r is JournalRecord.Committed or JournalRecord.Adopted);
        return entry.Records.Skip(end + 1);
    }

    /// <summary>Nothing has been said yet: the actor starts again, without the snapshot.</summary>
    private void StartWithoutSnapshot()
    {
        Refuse(_start!, "it was taken of another journal than the one that is here");
        Become(() =>
        {
            Command<SnapshotIsForeign>(_ => throw new InvalidDataException("the snapshot is of another journal"));
            CommandAny(early => _early.Add((early, Sender)));
        });
        _self.Tell(SnapshotIsForeign.Instance);
    }

    /// <summary>A block was applied: with the header above it a captured state is whole, and another is captured when its height has come.</summary>
    private void NoteSnapshot(CommittedBlock committed)
    {
        if (_snapshots is null || _settings.Snapshots is not { Interval: > 0 } settings)
            return;
        if (_captured is { } captured && captured.Height == committed.Height - 1)
        {
            var next = new CertifiedHeader(committed.Block.Header, committed.Certificate);
            _due = (new SnapshotEntry(next, Digest.Of(captured.Content), captured.Content.Length, captured.SequenceNumber, captured.Seal), captured.Content);
            _captured = null;
        }

        if (committed.Height % settings.Interval == 0 && (!_mayForget || _seat < 0))
        {
            var content = Canonical.Encode(new ChainSnapshot([.. _assembler.Window.Blocks], _application.Save()));
            _captured = new Captured(committed.Height, content, LastSequenceNr, _seal);
        }

        WriteSnapshot();
    }

    private void WriteSnapshot()
    {
        if (IsRecovering || _writing || _due is not { } due)
            return;
        _due = null;
        _writing = true;
        var folder = _snapshots!;
        Task.Run(() => folder.Add(due.Entry, due.Content)).PipeTo(
            _self, ActorRefs.NoSender, () => new SnapshotWritten(due.Entry.Height, null), e => new SnapshotWritten(due.Entry.Height, e));
    }

    private void OnSnapshotWritten(SnapshotWritten written)
    {
        _writing = false;
        if (written.Fault is { } fault)
        {
            _log.Warning("chain {0}: the snapshot of height {1} could not be written, and a restart replays more of the journal: {2}",
                _genesis.Name, written.Height, fault.GetBaseException().Message);
        }
        else
        {
            foreach (var subscriber in _subscribers)
                subscriber.Tell(new ChainProtocol.SnapshotTaken(written.Height));
        }

        WriteSnapshot();
    }

    private void OnGetSnapshot(string from, ChainMessage.GetSnapshot get)
    {
        if (_snapshots?.Newest is not { } newest || newest.Height < get.From)
            return;
        _settings.StateSync?.Exchange.Tell(new PayloadProtocol.Share(newest.Content));
        Send(from, new ChainMessage.SnapshotOffer(newest.Next, newest.Content, newest.Bytes), PeerLane.Sync);
    }

    private void OnSnapshotOffer(int from, ChainMessage.SnapshotOffer offer)
    {
        // Members of another epoch are not known here yet: blocks lead there.
        if (_stateSync is not { IsActive: true } || offer.Next.Header.Epoch != Rules.Epoch)
            return;
        if (Client.Verify(offer.Next, _settings.Verifier) is { } lie)
        {
            _log.Warning("chain {0}: '{1}' offers a snapshot that no quorum certifies: {2}", _genesis.Name, Rules.Members[from].Id, lie);
            _catchUp.Distrust(from);
        }
        else
        {
            _stateSync.Offered(from, offer);
        }
    }

    private void TickStateSync()
    {
        if (_stateSync is { ShouldAsk: true })
            Broadcast(new ChainMessage.GetSnapshot(_core.Height), PeerLane.Sync);
        if (_stateSync?.Tick(_core.Height) is not { } offer)
            return;
        _log.Info("chain {0}: {1} blocks behind; fetches the snapshot of height {2} ({3} bytes)",
            _genesis.Name, _catchUp.Behind(_core.Height), offer.StateHeight, offer.Bytes);
        _settings.StateSync!.Exchange.Tell(new PayloadProtocol.Fetch(offer.Content));
    }

    private void OnFetchFailed(PayloadProtocol.FetchFailed failed)
    {
        if (_stateSync?.Fetching?.Content != failed.Payload)
            return;
        _log.Info("chain {0}: a snapshot could not be fetched: {1}", _genesis.Name, failed.Reason);
        _stateSync.Failed(isLie: false);
    }

    private void OnFetched(PayloadProtocol.Fetched fetched)
    {
        if (_stateSync?.Fetching is not { } offer || offer.Content != fetched.Payload)
            return;
        if (offer.StateHeight < _core.Height)
        {
            _stateSync.Done();
            UpdateSync();
        }
        else if (Take(offer, fetched.Bytes, out var snapshot) is { } lie)
        {
            foreach (int seat in _stateSync.Failed(isLie: true))
            {
                _log.Warning("chain {0}: the snapshot that '{1}' offers is not the one that a quorum certifies: {2}",
                    _genesis.Name, Rules.Members[seat].Id, lie);
                _catchUp.Distrust(seat);
            }

            _settings.Snapshots?.Store.Remove(fetched.Payload);
        }
        else
        {
            Adopt(snapshot!, offer, fetched.Bytes);
            return;
        }

        Run();
    }

    private string? Take(ChainMessage.SnapshotOffer offer, byte[] bytes, out ChainSnapshot? snapshot) =>
        !Canonical.TryDecode(bytes, out snapshot, out string? error) ? error
        : snapshot.Verify(offer.Next, Client, _settings.Verifier) ?? _application.Restore(snapshot.State, offer.Next.Header);

    /// <summary>The state is in the journal before anything follows from it. The application has taken it over already, and nobody is told meanwhile.</summary>
    private void Adopt(ChainSnapshot snapshot, ChainMessage.SnapshotOffer offer, byte[] content)
    {
        _busy = true;
        var records = content.Chunk(JournalRecord.Piece.MaxBytes).Select(bytes => (JournalRecord)new JournalRecord.Piece(snapshot.Height, bytes))
            .Append(new JournalRecord.Adopted(offer.Next, offer.Content));
        var entries = new List<JournalEntry>();
        foreach (var batch in records.Chunk(PiecesPerEntry))
            entries.Add(JournalEntry.Create(entries.Count == 0 ? _seal : entries[^1].Seal, batch));
        PersistAll(entries, entry =>
        {
            _seal = entry.Seal;
            if (entry.Records[^1] is JournalRecord.Adopted)
                OnAdopted(snapshot, offer, content);
        });
    }

    private void OnAdopted(ChainSnapshot snapshot, ChainMessage.SnapshotOffer offer, byte[] content)
    {
        _busy = false;
        _log.Info("chain {0}: goes on from the state after height {1}", _genesis.Name, snapshot.Height);
        long epoch = Rules.Epoch;
        Resume(snapshot);
        _fetched.Clear();
        _effects.Clear();
        _captured = null;
        if (_snapshots is not null && !_mayForget)
        {
            _due = (new SnapshotEntry(offer.Next, offer.Content, offer.Bytes, LastSequenceNr, _seal), content);
            WriteSnapshot();
        }

        foreach (var subscriber in _subscribers)
            subscriber.Tell(new ChainProtocol.StateAt(snapshot.Height, snapshot.State));
        _stateSync!.Done();
        _mempool.Retain(t => !_assembler.IsCommitted(t) && _application.Check(t) is null);
        BeginNext(epoch);
        Run();
    }

    /// <summary>The journal says that the replica went on from a state of others.</summary>
    private void Readopt(JournalRecord.Adopted adopted)
    {
        if (_pieces.Take(adopted) is not { } content || !Canonical.TryDecode<ChainSnapshot>(content, out var snapshot, out string? fault))
            throw new InvalidDataException($"entry {LastSequenceNr} takes over a state that is not in the journal");
        if ((fault = snapshot.Verify(adopted.Next, Client, _settings.Verifier) ?? _application.Restore(snapshot.State, adopted.Next.Header)) is not null)
            throw new InvalidDataException($"entry {LastSequenceNr} takes over a state that cannot be restored: {fault}");
        Resume(snapshot);
        _recovered.Clear();
        _recoveredBlocks.Clear();
    }

    private sealed record Captured(long Height, byte[] Content, long SequenceNumber, Digest Seal);

    private sealed record SnapshotWritten(long Height, Exception? Fault);

    private sealed record SnapshotIsForeign
    {
        public static SnapshotIsForeign Instance { get; } = new();
    }
}
