using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Tracing;

namespace Pipeline.Ledger.Payloads;

/// <summary>
/// A chain's payload plane at one site: announces own payloads and collects store acks, fetches and acknowledges those of others, serves
/// chunks. Speaks <see cref="PayloadProtocol"/> to the site and <see cref="PayloadMessage"/> to the other members.
/// </summary>
public sealed partial class PayloadExchange : ReceiveActor, IWithTimers
{
    private const int MaxRememberedAcks = 4096;
    private const int MaxShared = 4;

    private readonly Digest _chainId;
    private readonly Func<ChainRules> _rules;
    private readonly string _self;
    private readonly ISigner _signer;
    private readonly IPeerNetwork _network;
    private readonly IPayloadStore _store;
    private readonly IPayloadChecks _checks;
    private readonly PayloadExchangeSettings _settings;
    private readonly ISignatureVerifier _verifier;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<Digest, Publication> _publications = [];
    private readonly Dictionary<(Digest Payload, int Kind, MemberPublicKey Key), StoreAck> _acked = [];
    private readonly Queue<Digest> _shared = new(MaxShared);
    private readonly PayloadCache _cache;

    /// <summary>Use <see cref="Props"/>; Akka creates the actor by reflection.</summary>
    public PayloadExchange(
        Digest chainId, Func<ChainRules> rules, string self, ISigner signer, IPeerNetwork network, IPayloadStore store, IPayloadChecks checks,
        PayloadExchangeSettings settings, ISignatureVerifier verifier)
    {
        _chainId = chainId;
        _rules = rules;
        _self = self;
        _signer = signer;
        _network = network;
        _store = store;
        _checks = checks;
        _settings = settings;
        _verifier = verifier;
        _cache = new PayloadCache(settings.CacheBytes);

        Receive<PayloadProtocol.Publish>(OnPublish);
        // A block, since a value would say whether the message was handled.
        Receive<PayloadProtocol.Withdraw>(withdraw =>
        {
            if (_publications.Remove(withdraw.Payload, out var withdrawn))
                Traces.End(withdrawn.Span, "withdrawn");
        });
        Receive<PayloadProtocol.Share>(OnShare);
        Receive<PayloadProtocol.Fetch>(OnFetch);
        Receive<PeerMessage>(OnPeer);
        Receive<Tick>(_ => OnTick());
    }

    /// <param name="rules">Of the chain's next block; called on this actor's thread. Payloads are for members, whoever they are by then.</param>
    /// <param name="self">This institution; while it is no member it fetches nothing and acknowledges nothing.</param>
    /// <param name="verifier">Null = Ed25519.</param>
    public static Props Props(
        Digest chainId, Func<ChainRules> rules, string self, ISigner signer, IPeerNetwork network, IPayloadStore store, IPayloadChecks checks,
        PayloadExchangeSettings settings, ISignatureVerifier? verifier = null)
    {
        var verify = verifier ?? new Ed25519Verifier();
        var props = Akka.Actor.Props.Create(() =>
            new PayloadExchange(chainId, rules, self, signer, network, store, checks, settings, verify));
        return settings.Dispatcher is { } dispatcher ? props.WithDispatcher(dispatcher) : props;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The scheduler's clock, so that virtual time drives every time-out.</summary>
    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    private MemberSet Members => _rules().Members;

    private IReadOnlyList<string> Others => [.. _rules().Everyone.Where(id => id != _self)];

    protected override void PreStart()
    {
        _network.Register(_chainId, PeerLane.Payload, Self);
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _settings.Tick);
    }

    protected override void PostStop() => _network.Unregister(_chainId, PeerLane.Payload, Self);

    private void OnPublish(PayloadProtocol.Publish publish)
    {
        var digest = Digest.Of(publish.Payload);
        var members = Members;
        if ((members.IndexOf(_self) < 0 ? $"'{_self}' is no member now" : Refusal(publish.Kind, publish.Payload)) is { } refusal)
        {
            Sender.Tell(new PayloadProtocol.PublishFailed(digest, refusal));
            return;
        }

        if (!_publications.TryGetValue(digest, out var publication) || publication.Core.Members.Hash != members.Hash)
        {
            try
            {
                _store.Put(publish.Payload);
            }
            catch (IOException e)
            {
                Sender.Tell(new PayloadProtocol.PublishFailed(digest, e.Message));
                return;
            }

            var chunks = _cache.Add(digest, publish.Payload);
            publication = new Publication(
                new PayloadPublication(members, Acknowledge(digest, publish.Kind)),
                new PayloadMessage.Announce(publish.Kind, digest, publish.Payload.Length, chunks.Root), Now + _settings.PublishTimeout);
            if (_publications.TryGetValue(digest, out var former))
                publication.Take(former);
            publication.Span ??= Traces.Begin(Spans.Publish, publish.Trace)?.SetTag(TraceKeys.ChainId, _chainId.Short).SetTag(TraceKeys.Kind, publish.Kind)
                .SetTag(TraceKeys.Bytes, publish.Payload.Length);
            _publications[digest] = publication;
            Announce(publication);
        }

        publication.Askers.Add(Sender);
        AnswerWhenPublished(digest, publication);
    }

    private string? Refusal(int kind, byte[] payload)
    {
        long bound = MaxBytes(kind);
        if (payload.Length == 0)
            return "the payload is empty";
        return payload.Length > bound
            ? $"the payload has {payload.Length} bytes where kind {kind} allows {bound}"
            : _checks.Check(kind, payload);
    }

    private void AnswerWhenPublished(Digest digest, Publication publication)
    {
        if (publication.Core.HasQuorum)
        {
            foreach (var asker in publication.Askers)
                asker.Tell(new PayloadProtocol.Published(digest, publication.Core.Acks));
            publication.Askers.Clear();
            publication.Span?.SetTag(TraceKeys.Acks, publication.Core.Acks.Count);
            Traces.End(publication.Span, "published");
        }

        if (publication.Core.IsComplete)
            _publications.Remove(digest);
    }

    private void Announce(Publication publication)
    {
        foreach (string member in publication.Core.Missing)
            Send(member, publication.Announcement);
        publication.NextAnnounce = Now + _settings.AnnounceInterval;
    }

    private void OnPeer(PeerMessage message)
    {
        if (message.ChainId != _chainId || message.From == _self)
            return;
        bool isMember = _rules().IsMember(message.From);
        if (!isMember && _shared.Count == 0)
            return;
        if (!Canonical.TryDecode<PayloadMessage>(message.Bytes, out var decoded, out string? error))
        {
            _log.Warning("Ignored {0} bytes from {1} on the payload lane: {2}", message.Bytes.Length, message.From, error);
            _network.Report(message, error);
            return;
        }

        if (!isMember && (AskedFor(decoded) is not { } asked || !_shared.Contains(asked)))
            return;
        switch (decoded)
        {
            case PayloadMessage.Announce announce: OnAnnounce(message.From, announce); break;
            case PayloadMessage.Want want: OnWant(message.From, want); break;
            case PayloadMessage.Have have: OnHave(message.From, have); break;
            case PayloadMessage.NotHave gone: OnNotHave(message.From, gone); break;
            case PayloadMessage.GetChunk wanted: OnGetChunk(message.From, wanted); break;
            case PayloadMessage.Chunk chunk: OnChunk(message.From, chunk); break;
            case PayloadMessage.Ack ack: OnAck(message.From, ack.StoreAck); break;
        }
    }

    private static Digest? AskedFor(PayloadMessage message) => message switch
    {
        PayloadMessage.Want want => want.Payload,
        PayloadMessage.GetChunk wanted => wanted.Payload,
        _ => null,
    };

    private void OnShare(PayloadProtocol.Share share)
    {
        if (_shared.Contains(share.Payload))
            return;
        if (_shared.Count == MaxShared)
            _shared.Dequeue();
        _shared.Enqueue(share.Payload);
    }

    private void OnAck(string from, StoreAck ack)
    {
        if (!_publications.TryGetValue(ack.Payload, out var publication))
            return;
        if (!ack.Verify(_chainId, Members, _verifier))
        {
            _log.Warning("Ignored a store ack of {0} from {1}: its signature does not verify", ack.Payload.Short, from);
            return;
        }

        publication.Core.Add(ack);
        AnswerWhenPublished(ack.Payload, publication);
    }

    private void OnWant(string from, PayloadMessage.Want want)
    {
        if (Held(want.Payload) is { } chunks)
            Send(from, new PayloadMessage.Have(want.Payload, chunks.Payload.Length, chunks.Root));
        else
            Send(from, new PayloadMessage.NotHave(want.Payload));
    }

    private void OnGetChunk(string from, PayloadMessage.GetChunk wanted)
    {
        if (Held(wanted.Payload) is not { } chunks)
            Send(from, new PayloadMessage.NotHave(wanted.Payload));
        else if (wanted.Index < chunks.Count)
            Send(from, new PayloadMessage.Chunk(wanted.Payload, wanted.Index, chunks[wanted.Index].ToArray(), chunks.PathOf(wanted.Index)));
    }

    /// <summary>A payload of the store, by way of the cache; null when it is absent, pruned or damaged.</summary>
    private PayloadChunks? Held(Digest digest)
    {
        if (!_store.Contains(digest))
            return null;
        if (_cache.TryGet(digest, out var cached))
            return cached;
        try
        {
            return _store.TryGet(digest, out var payload) && payload.Length > 0 ? _cache.Add(digest, payload) : null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            _log.Error("Payload {0} cannot be read: {1}", digest, e.Message);
            return null;
        }
    }

    /// <summary>Signs only what is fsynced and checked; the caller has made both sure.</summary>
    private StoreAck Acknowledge(Digest digest, int kind)
    {
        if (_acked.Count >= MaxRememberedAcks)
            _acked.Clear();
        return _acked[(digest, kind, _signer.PublicKey)] = StoreAck.Create(_chainId, digest, _self, _signer);
    }

    private long MaxBytes(int kind) => Math.Min(_checks.MaxBytes(kind), Array.MaxLength);

    private void Send(string member, PayloadMessage message) => _network.Send(member, _chainId, PeerLane.Payload, message.Encode());

    private void OnTick()
    {
        var now = Now;
        foreach (var (digest, publication) in _publications.ToArray())
        {
            if (now >= publication.Deadline)
            {
                foreach (var asker in publication.Askers)
                    asker.Tell(new PayloadProtocol.PublishFailed(digest, $"after {_settings.PublishTimeout}: {publication.Core.Shortfall}"));
                Traces.End(publication.Span, "failed");
                _publications.Remove(digest);
            }
            else if (now >= publication.NextAnnounce)
            {
                Announce(publication);
            }
        }

        TickTransfers(now);
    }

    private sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }

    private sealed class Publication(PayloadPublication core, PayloadMessage.Announce announcement, DateTimeOffset deadline)
    {
        public PayloadPublication Core => core;

        public PayloadMessage.Announce Announcement => announcement;

        public DateTimeOffset Deadline => deadline;

        public List<IActorRef> Askers { get; } = [];

        public DateTimeOffset NextAnnounce { get; set; }

        public Activity? Span { get; set; }

        /// <summary>Goes on for who waits for another publication of the same payload.</summary>
        public void Take(Publication former)
        {
            Askers.AddRange(former.Askers);
            Span = former.Span;
        }
    }
}
