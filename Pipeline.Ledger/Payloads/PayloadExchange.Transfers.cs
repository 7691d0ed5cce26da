using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Tracing;

namespace Pipeline.Ledger.Payloads;

/// <summary>The receiving half: what is being fetched, from whom, and for whom.</summary>
public sealed partial class PayloadExchange
{
    /// <summary>An announced payload whose holders stay silent this often is given up; its author announces again.</summary>
    private const int MaxStalls = 3;

    private const int MaxRememberedLiars = 1024;

    private readonly Dictionary<Digest, Transfer> _transfers = [];
    private readonly LinkedList<Transfer> _waiting = new();
    private readonly HashSet<(string Member, Digest Payload)> _liars = [];
    private int _active;

    /// <summary>Transfers that one author may have waiting here, so that none can crowd out the others.</summary>
    private int MaxPerAuthor => Math.Max(1, _settings.MaxWaiting / Math.Max(1, Members.Count - 1));

    private void OnFetch(PayloadProtocol.Fetch fetch)
    {
        if (Held(fetch.Payload) is { } held)
        {
            Sender.Tell(new PayloadProtocol.Fetched(fetch.Payload, held.Payload));
            return;
        }

        if (!_transfers.TryGetValue(fetch.Payload, out var transfer))
        {
            if (_transfers.Values.Count(t => t.Askers.Count > 0) >= _settings.MaxWaiting + _settings.MaxTransfers)
            {
                Sender.Tell(new PayloadProtocol.FetchFailed(fetch.Payload, $"{_transfers.Count} payloads are being fetched already; ask again later"));
                return;
            }

            transfer = Begin(fetch.Payload, _settings.MaxFetchBytes, urgent: true);
        }

        transfer.Askers.Add(Sender);
        transfer.Deadline = Now + _settings.FetchTimeout;
        if (transfer.IsActive && transfer.Download.Source is null)
            AskAround(transfer);
    }

    private void OnAnnounce(string author, PayloadMessage.Announce announce)
    {
        long bound = MaxBytes(announce.Kind);
        if (announce.Size > bound)
        {
            _log.Warning("{0} announces payload {1} of {2} bytes where kind {3} allows {4}; refused",
                author, announce.Payload.Short, announce.Size, announce.Kind, bound);
            return;
        }

        if (_acked.TryGetValue((announce.Payload, announce.Kind, _signer.PublicKey), out var ack) && _store.Contains(announce.Payload))
        {
            Send(author, new PayloadMessage.Ack(ack));
        }
        else if (Held(announce.Payload) is { } held || _cache.TryGet(announce.Payload, out held))
        {
            StoreAndAcknowledge(announce.Payload, held.Payload, author, announce.Kind);
        }
        else if (!_liars.Contains((author, announce.Payload)))
        {
            if (!_transfers.TryGetValue(announce.Payload, out var transfer))
            {
                if (_transfers.Values.Count(t => t.Authors.Any(a => a.Member == author)) >= MaxPerAuthor)
                    return;
                transfer = Begin(announce.Payload, bound, urgent: false);
            }

            transfer.Authors.Add((author, announce.Kind));
            transfer.Download.AddHolder(author, announce.Size, announce.ChunkRoot);
            Continue(transfer);
        }
    }

    private void OnHave(string from, PayloadMessage.Have have)
    {
        if (_transfers.TryGetValue(have.Payload, out var transfer) && transfer.Download.AddHolder(from, have.Size, have.ChunkRoot))
            Continue(transfer);
    }

    private void OnNotHave(string from, PayloadMessage.NotHave gone)
    {
        if (!_transfers.TryGetValue(gone.Payload, out var transfer) || !transfer.Download.Knows(from))
            return;
        transfer.Download.RemoveHolder(from);
        Continue(transfer);
    }

    private void OnChunk(string from, PayloadMessage.Chunk chunk)
    {
        if (!_transfers.TryGetValue(chunk.Payload, out var transfer) ||
            !transfer.Download.OnChunk(from, chunk.Index, chunk.Bytes, chunk.Path))
            return;
        transfer.LastProgress = Now;
        var payload = transfer.Download.TryComplete();
        if (transfer.Download.IsLiar(from))
        {
            Remember(from, chunk.Payload);
            _store.DropChunks(chunk.Payload);
        }
        else
        {
            transfer.Stalls = 0;
            if (payload is null)
                _store.KeepChunk(chunk);
        }

        if (payload is not null)
            Complete(transfer, payload);
        else
            Continue(transfer);
    }

    private void Remember(string liar, Digest payload)
    {
        _log.Warning("{0} sent wrong bytes for payload {1}; fetching from others", liar, payload.Short);
        if (_liars.Count >= MaxRememberedLiars)
            _liars.Clear();
        _liars.Add((liar, payload));
    }

    private void Complete(Transfer transfer, byte[] payload)
    {
        var digest = transfer.Download.Payload;
        transfer.Span?.SetTag(TraceKeys.Bytes, payload.Length);
        Traces.End(transfer.Span, "fetched");
        End(transfer);
        _store.DropChunks(digest);
        _cache.Add(digest, payload);
        foreach (var (author, kind) in transfer.Authors)
            StoreAndAcknowledge(digest, payload, author, kind);
        if (transfer.Askers.Count == 0)
            return;
        object answer = new PayloadProtocol.Fetched(digest, payload);
        try
        {
            _store.Put(payload);
        }
        catch (IOException e)
        {
            answer = new PayloadProtocol.FetchFailed(digest, e.Message);
        }

        foreach (var asker in transfer.Askers)
            asker.Tell(answer);
    }

    private void StoreAndAcknowledge(Digest digest, byte[] payload, string author, int kind)
    {
        if (Refusal(kind, payload) is { } refusal)
        {
            _log.Info("Payload {0} of {1} is not acknowledged: {2}", digest.Short, author, refusal);
            return;
        }

        try
        {
            _store.Put(payload);
        }
        catch (IOException e)
        {
            _log.Error("Payload {0} of {1} is not acknowledged: {2}", digest.Short, author, e.Message);
            return;
        }

        Send(author, new PayloadMessage.Ack(Acknowledge(digest, kind)));
    }

    private Transfer Begin(Digest payload, long bound, bool urgent)
    {
        var transfer = new Transfer(new PayloadDownload(payload, bound, _settings.ChunkWindow))
        {
            Deadline = Now + _settings.FetchTimeout,
            LastProgress = Now,
            Span = Traces.Begin(Spans.Fetch)?.SetTag(TraceKeys.ChainId, _chainId.Short),
        };
        _transfers[payload] = transfer;
        if (_active < _settings.MaxTransfers)
        {
            transfer.IsActive = true;
            _active++;
        }
        else if (urgent)
        {
            _waiting.AddFirst(transfer);
        }
        else
        {
            _waiting.AddLast(transfer);
        }

        return transfer;
    }

    private void End(Transfer transfer)
    {
        _transfers.Remove(transfer.Download.Payload);
        // Where it was fetched the span has ended already.
        Traces.End(transfer.Span, "failed");
        if (!transfer.IsActive)
        {
            _waiting.Remove(transfer);
            return;
        }

        _active--;
        if (_waiting.First is not { Value: var next })
            return;
        _waiting.RemoveFirst();
        next.IsActive = true;
        _active++;
        next.LastProgress = Now;
        if (next.Download.Source is null)
            AskAround(next);
        Continue(next);
    }

    private void Continue(Transfer transfer)
    {
        if (!transfer.IsActive)
            return;
        if (!transfer.IsRestored && transfer.Download.Source is { } source && Restore(transfer, source))
            return;
        foreach (int index in transfer.Download.NextRequests())
            Send(transfer.Download.Source!, new PayloadMessage.GetChunk(transfer.Download.Payload, index));
    }

    /// <summary>Goes on where an earlier run of this process was. True when that was all that lacked.</summary>
    private bool Restore(Transfer transfer, string source)
    {
        transfer.IsRestored = true;
        int restored = _store.KeptChunks(transfer.Download.Payload).Count(c => transfer.Download.Restore(c.Index, c.Bytes, c.Path));
        if (restored == 0)
            return false;
        _log.Info("Payload {0}: {1} chunks were there before the restart", transfer.Download.Payload.Short, restored);
        if (transfer.Download.TryComplete() is { } payload)
        {
            Complete(transfer, payload);
            return true;
        }

        if (transfer.Download.IsLiar(source))
        {
            Remember(source, transfer.Download.Payload);
            _store.DropChunks(transfer.Download.Payload);
        }

        return false;
    }

    private void AskAround(Transfer transfer)
    {
        transfer.NextQuestion = Now + _settings.AnnounceInterval;
        var want = new PayloadMessage.Want(transfer.Download.Payload);
        foreach (string member in Others)
        {
            if (!transfer.Download.IsLiar(member) && !transfer.Download.Knows(member))
                Send(member, want);
        }
    }

    private void TickTransfers(DateTimeOffset now)
    {
        foreach (var transfer in _transfers.Values.ToArray())
        {
            if (now >= transfer.Deadline || (transfer.Stalls >= MaxStalls && transfer.Askers.Count == 0))
            {
                foreach (var asker in transfer.Askers)
                {
                    asker.Tell(new PayloadProtocol.FetchFailed(
                        transfer.Download.Payload, $"no member delivered it within {_settings.FetchTimeout}"));
                }

                End(transfer);
            }
            else if (transfer.IsActive && now - transfer.LastProgress >= _settings.ChunkTimeout)
            {
                transfer.Stalls++;
                transfer.LastProgress = now;
                transfer.Download.SwitchSource();
                AskAround(transfer);
                Continue(transfer);
            }
            else if (transfer.IsActive && transfer.Download.Source is null && now >= transfer.NextQuestion)
            {
                AskAround(transfer);
            }
        }
    }

    private sealed class Transfer(PayloadDownload download)
    {
        public PayloadDownload Download => download;

        public Activity? Span { get; init; }

        /// <summary>Who waits for our store ack, and for which checks.</summary>
        public HashSet<(string Member, int Kind)> Authors { get; } = [];

        /// <summary>Who asked for the bytes at this site.</summary>
        public List<IActorRef> Askers { get; } = [];

        public bool IsActive { get; set; }

        /// <summary>Chunks of an earlier run were taken up.</summary>
        public bool IsRestored { get; set; }

        public DateTimeOffset Deadline { get; set; }

        public DateTimeOffset LastProgress { get; set; }

        public DateTimeOffset NextQuestion { get; set; }

        public int Stalls { get; set; }
    }
}
