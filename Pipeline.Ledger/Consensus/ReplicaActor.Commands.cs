using Akka.Actor;
using Akka.Event;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;

namespace Pipeline.Ledger.Consensus;

/// <summary>What the site, the other members and the clock ask of the replica.</summary>
public sealed partial class ReplicaActor
{
    // A reply to GetBlocks stays well below the bound of one message.
    private const int MaxReplyBytes = Block.MaxBytes / 2;
    private const int MaxHeaders = 1024;
    private const long MaxHeaderReadBytes = 64 << 20;

    private bool _heartbeatDue;
    private bool _pauseOver;

    private void OnSubmit(ChainProtocol.Submit submit)
    {
        var transaction = submit.Transaction;
        if (Admit(transaction, own: true) is { } refusal)
        {
            Sender.Tell(new ChainProtocol.SubmitRefused(transaction.Id, refusal));
            return;
        }

        Sender.Tell(new ChainProtocol.SubmitAccepted(transaction.Id));
        Broadcast(new ChainMessage.Transactions([transaction]), PeerLane.Sync);
        StartIfDue();
        Run();
    }

    /// <summary>Null when the transaction waits (or already did); otherwise why not.</summary>
    private string? Admit(Transaction transaction, bool own)
    {
        if (_mempool.Contains(transaction.Id))
            return null;
        if (_assembler.IsCommitted(transaction))
            return "it is in the chain already";
        if (_mempool.IsFull)
            return $"{_mempool.Count} transactions wait already; try again after the next block";
        var refusal = transaction.Verify(_genesis.ChainId, Rules.Members, _settings.Verifier) ?? _application.Check(transaction);
        if (refusal is null)
            _mempool.Add(transaction, own);
        return refusal;
    }

    private void OnSubscribe(ChainProtocol.Subscribe subscribe)
    {
        if (subscribe.AfterHeight >= _blocks.Base)
        {
            TellFromMemory(subscribe.Subscriber, subscribe.AfterHeight);
            return;
        }

        var (archive, create, goal) = (_archive, _settings.CreateApplication, new BlockHistory.Goal(_blocks.Height, LastSequenceNr));
        Context.ActorOf(Akka.Actor.Props.Create(() => new BlockHistory(archive, subscribe.Subscriber, subscribe.AfterHeight, create, goal)));
    }

    private void OnReached(BlockHistory.Reached reached)
    {
        if (reached.Height < _blocks.Base)
        {
            Sender.Tell(new BlockHistory.Goal(_blocks.Height, LastSequenceNr));
            return;
        }

        Context.Stop(Sender);
        TellFromMemory(reached.Subscriber, reached.Height);
    }

    private void TellFromMemory(IActorRef subscriber, long afterHeight)
    {
        foreach (var applied in _blocks.Above(afterHeight))
            subscriber.Tell(applied);
        Add(subscriber);
    }

    private void Add(IActorRef subscriber)
    {
        subscriber.Tell(new ChainProtocol.CaughtUp(_blocks.Height));
        if (_snapshots?.Newest is { } newest)
            subscriber.Tell(new ChainProtocol.SnapshotTaken(newest.Height));
        _subscribers.Add(subscriber);
        Context.Watch(subscriber);
    }

    private void OnFollow(ChainProtocol.Follow follow)
    {
        follow.Subscriber.Tell(new ChainProtocol.StateAt(_blocks.Height, _application.Save()));
        Add(follow.Subscriber);
    }

    private ChainProtocol.ChainStatus Status() => new(
        _genesis.Name, _genesis.ChainId, _blocks.Height, _core.Round, _assembler.StateRoot, _catchUp.IsSyncing, _mempool.Count,
        _settings.Network.BytesSent(_genesis.ChainId, PeerLane.Consensus) + _settings.Network.BytesSent(_genesis.ChainId, PeerLane.Sync));

    private void OnGetHeaders(ChainProtocol.GetHeaders get)
    {
        long from = Math.Max(1, get.FromHeight);
        int count = Math.Clamp(get.Count, 0, MaxHeaders);
        if (from > _blocks.Base || from > _blocks.Height)
            Sender.Tell(HeadersOf(_blocks.Above(from - 1).Take(count).Select(a => a.Block)));
        else
            _archive.Tell(new BlockArchive.Read(from, count, MaxHeaderReadBytes, LastSequenceNr, new HeadersFor(Sender)));
    }

    private static ChainProtocol.Headers HeadersOf(IEnumerable<CommittedBlock> blocks) => new([.. blocks.Select(b => (b.Block.Header, b.Certificate))]);

    private void OnFound(BlockArchive.Found found)
    {
        if (found.Question.Context is HeadersFor headers)
            headers.Asker.Tell(HeadersOf(found.Blocks));
        else if (found.Question.Context is BlocksFor peer)
            Send(peer.Member, new ChainMessage.Blocks(found.Adopted is null ? found.Blocks : []), PeerLane.Sync);
    }

    private void OnPeerMessage(PeerMessage peer)
    {
        if (peer.ChainId != _genesis.ChainId || peer.Bytes.Length > ChainMessage.MaxBytes)
            return;
        if (!Canonical.TryDecode<ChainMessage>(peer.Bytes, out var message, out var error))
        {
            _log.Warning("chain {0}: dropped {1} bytes from '{2}': {3}", _genesis.Name, peer.Bytes.Length, peer.From, error);
            _settings.Network.Report(peer, error);
            return;
        }

        int from = Rules.Members.IndexOf(peer.From);
        switch (message)
        {
            case ChainMessage.GetBlocks get:
                Serve(peer.From, get);
                break;
            case ChainMessage.GetSnapshot get:
                OnGetSnapshot(peer.From, get);
                break;
            case ChainMessage.SnapshotOffer offer when from >= 0:
                OnSnapshotOffer(from, offer);
                break;
            case ChainMessage.Status { Purpose: StatusKind.Question }:
                Send(peer.From, _core.StatusFor(from), PeerLane.Sync);
                break;
            case ChainMessage.Status { Purpose: StatusKind.Announcement } when from < 0 && _strangersTold.Count < MemberSet.MaxMembers:
                // It takes itself for a member of an epoch that is over, and nobody sends it anything: once it knows that it is behind, it asks.
                if (_strangersTold.Add(peer.From))
                    Send(peer.From, _core.StatusFor(from), PeerLane.Sync);
                break;
            case ChainMessage.Transactions transactions when from >= 0:
                foreach (var transaction in transactions.Items)
                    Admit(transaction, own: false);
                StartIfDue();
                break;
            case ChainMessage.Evidence evidence when from >= 0:
                foreach (var item in evidence.Items)
                    _assembler.Evidence.TryAdd(item);
                StartIfDue();
                break;
            case ChainMessage.Blocks blocks when _catchUp.TryAccept(from):
                OnBlocks(from, blocks.Items);
                break;
        }

        if (from >= 0)
        {
            if (message is ChainMessage.Status status)
                _catchUp.Report(from, status.At, status.Purpose == StatusKind.Answer);
            if (message.Height > 0 && message is not (ChainMessage.GetBlocks or ChainMessage.Blocks))
                _core.Receive(from, message, _effects);
            if (message is ChainMessage.Status)
                UpdateSync();
        }

        Run();
    }

    private void Serve(string to, ChainMessage.GetBlocks get)
    {
        if (get.From > _blocks.Height)
            return;
        if (get.From <= _blocks.Base)
        {
            _archive.Tell(new BlockArchive.Read(get.From, get.Count, MaxReplyBytes, LastSequenceNr, new BlocksFor(to)));
            return;
        }

        var blocks = new List<CommittedBlock>();
        int bytes = 0;
        foreach (var committed in _blocks.Above(get.From - 1).Take(get.Count).Select(a => a.Block))
        {
            bytes += RecentBlocks.SizeOf(committed);
            if (blocks.Count > 0 && bytes > MaxReplyBytes)
                break;
            blocks.Add(committed);
        }

        Send(to, new ChainMessage.Blocks(blocks), PeerLane.Sync);
    }

    private void OnBlocks(int from, IReadOnlyList<CommittedBlock> blocks)
    {
        long expected = _core.Height;
        foreach (var block in blocks)
        {
            if (block.Height != expected)
                continue;
            _fetched.Enqueue((from, block));
            expected++;
        }

        if (expected == _core.Height)
            _catchUp.Distrust(from);
    }

    private void OnTimeout(TimeoutElapsed t)
    {
        _core.TimeoutElapsed(t.Height, t.Round, t.Step, _effects);
        Run();
    }

    private void OnTick()
    {
        _strangersTold.Clear();
        if (_catchUp.ShouldAsk)
            AskWhereOthersStand();
        if (_mempool.Own(ChainMessage.MaxTransactions) is { Count: > 0 } own)
            Repeat(own);
        if (_assembler.Evidence.Waiting is { Count: > 0 } evidence)
            Broadcast(new ChainMessage.Evidence(evidence), PeerLane.Sync);
        _catchUp.Tick();
        TickStateSync();
        _core.Tick(_effects);
        StartIfDue();
        UpdateSync();
        Run();
    }

    private void Repeat(IReadOnlyList<Transaction> own)
    {
        // 64 of the largest transactions would not fit one message.
        foreach (var batch in own.Chunk(16))
            Broadcast(new ChainMessage.Transactions(batch), PeerLane.Sync);
    }

    private void AskWhereOthersStand() =>
        Broadcast(new ChainMessage.Status(_core.Height, _core.Round, StatusKind.Question, [], []), PeerLane.Sync);

    /// <summary>Somebody is so far ahead that a snapshot would do, and too few have spoken to believe it: no block is fetched yet.</summary>
    private bool MayBeFarBehind =>
        _settings.StateSync is { } sync && !_catchUp.HasHeardEnough && _catchUp.Highest - _core.Height >= sync.Gap;

    /// <summary>Decides whether this replica may sign, and fetches what it lacks.</summary>
    private void UpdateSync()
    {
        bool before = _catchUp.IsSyncing;
        if (_stateSync is not null && _stateSync.Begin(_catchUp.Behind(_core.Height)))
            Broadcast(new ChainMessage.GetSnapshot(_core.Height), PeerLane.Sync);
        int source = _catchUp.Update(_core.Height, _fetched.Count > 0 || _stateSync is { IsActive: true } || MayBeFarBehind);
        bool syncing = _catchUp.IsSyncing;
        if (syncing != before)
            _log.Info("chain {0}: {1} at height {2}", _genesis.Name, syncing ? "syncing" : "in step", _blocks.Height);
        if (_restored && _catchUp.HasHeardEnough)
            MuteWhatMayBeForgotten();
        _core.SetSigning(!syncing, _effects);
        if (source >= 0)
            Send(Rules.Members[source].Id, new ChainMessage.GetBlocks(_core.Height, ChainMessage.MaxBlocks), PeerLane.Sync);
    }

    /// <summary>
    /// Whoever voted at height h held the certificate of h−1, so n−f members had come that far; of the n−f−1 others heard from at least one
    /// honest one says so, and nothing was signed above the height after the highest reported. Without a faulty member to tolerate all others
    /// were heard, and each has shown the votes of ours that it holds.
    /// </summary>
    private void MuteWhatMayBeForgotten()
    {
        _restored = false;
        if (Rules.Members.MaxFaulty == 0)
            return;
        _core.MuteThrough(_catchUp.Highest + 1);
        _log.Warning("chain {0}: the journal was restored from a backup at height {1}; nothing is signed up to height {2}, where this replica may " +
            "have signed before", _genesis.Name, _blocks.Height, _catchUp.Highest + 1);
    }

    private void OnBlockDue(BlockDue due)
    {
        if (due.Height != _core.Height)
            return;
        _pauseOver = true;
        _heartbeatDue |= due.Heartbeat;
        StartIfDue();
        Run();
    }

    private void ScheduleHeight()
    {
        _heartbeatDue = false;
        _pauseOver = _settings.Timeouts.BlockInterval <= TimeSpan.Zero;
        if (!_pauseOver)
            Timers.StartSingleTimer("pause", new BlockDue(_core.Height, false), _settings.Timeouts.BlockInterval);
        Timers.StartSingleTimer(
            "heartbeat", new BlockDue(_core.Height, true), TimeSpan.FromMilliseconds(_genesis.Parameters.HeartbeatMs));
        StartIfDue();
    }

    private void StartIfDue()
    {
        if (_pauseOver && !_core.Started && (_mempool.Count > 0 || _application.WantsBlock || _assembler.Evidence.WantsBlock || _heartbeatDue))
            _core.Start(_effects);
    }

    private sealed record HeadersFor(IActorRef Asker);

    private sealed record BlocksFor(string Member);
}
