using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Pipeline.Actors.Bridge;
using Pipeline.Host.Gateway;
using Pipeline.Host.Site;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Cluster;

/// <summary>
/// A site's part in all its chains and its links to the other institutions, once in the site: replicas, payloads, learners, relays and the gateway, which has
/// one link to each member and so runs in one place. A replica that stops, because the journal refused its record, is begun anew from the journal while
/// this node still is the one; what the journal refused was never sent.
/// </summary>
internal sealed class SiteLedger : ReceiveActor, IWithTimers
{
    /// <summary>Asked of it when another node goes on in its place.</summary>
    public sealed record Leave
    {
        public static Leave Instance { get; } = new();
    }

    private static readonly TimeSpan BeginAgain = TimeSpan.FromSeconds(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly SiteLedgerSettings _settings;
    private readonly List<ChainNode> _chains = [];
    private readonly List<UniqueKillSwitch> _relays = [];
    private Gateway.Gateway? _gateway;
    private bool _closed;
    private Action? _ended;

    public SiteLedger(SiteLedgerSettings settings)
    {
        _settings = settings;
        Receive<Begun>(_ => Begin());
        Receive<Leave>(_ => End(() => Context.Stop(Self)));
        Receive<Listening>(_ => { });
        Receive<Status.Failure>(failed => Fail(failed.Cause.GetBaseException().Message));
        Receive<Terminated>(stopped =>
        {
            if (_ended is null)
                Fail($"{stopped.ActorRef.Path.Name} has stopped");
            else
                Ended();
        });
        Receive<GatewayClosed>(_ =>
        {
            _closed = true;
            Ended();
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(SiteLedgerSettings settings) =>
        Akka.Actor.Props.Create(() => new SiteLedger(settings)).WithDispatcher(Configuration.PayloadSettings.DiskDispatcher);

    protected override void PreStart() => Self.Tell(new Begun());

    /// <summary>Where there was no time to leave in order.</summary>
    protected override void PostStop()
    {
        Quiet();
        _ = _gateway?.DisposeAsync().AsTask();
        _settings.Opened(null);
    }

    private void Begin()
    {
        try
        {
            _log.Info("this node holds the ledger of site {0} now", _settings.Node.Site);
            _gateway = _settings.OpenGateway();
            foreach (var spread in _settings.Chains)
                Join(spread);
            if (_settings.Relays)
                Relay();
            _settings.Opened(_gateway);
            _gateway?.StartAsync().PipeTo(Self, Self, () => new Listening());
        }
        catch (Exception e) when (e is JournalUnavailableException or InvalidOperationException or ArgumentException or IOException or Commands.CommandFailedException)
        {
            Fail(e.Message);
        }
    }

    private void Join(SpreadChain spread)
    {
        var settings = spread.Settings with { Network = _gateway ?? spread.Settings.Network };
        var layout = LearningApplication.Create(settings.Genesis, new Ed25519Verifier()).Learning.Layout;
        var chain = new ChainNode(
            Context.System, Context, settings, parent => parent.ActorOf(TrainerLink.Props(spread.Name, layout, _settings.Trainers(spread.Name)), $"trainer-{spread.Name}"));
        _chains.Add(chain);
        _settings.Node.Hold(chain);
        _gateway?.Follow(SiteRunner.Followed(chain, settings.Identity.Keys));
        Context.Watch(chain.Replica);
    }

    private void Relay()
    {
        foreach (var source in _chains)
        {
            foreach (var destination in _chains.Where(chain => chain != source))
            {
                _relays.Add(BridgeRelay.Start(
                    Context.System, _settings.Materializer, source.BridgeEnd, destination.BridgeEnd, destination.Transactions));
            }
        }
    }

    private void Fail(string reason)
    {
        if (_ended is not null)
            return;
        _log.Error("the ledger of site {0} cannot go on here and begins again: {1}", _settings.Node.Site, reason);
        End(() => Timers.StartSingleTimer(nameof(Begun), new Begun(), BeginAgain));
    }

    /// <summary>Stops everything, then goes on; names and port are free by then.</summary>
    private void End(Action then)
    {
        bool already = _ended is not null;
        _ended = then;
        if (already)
            return;
        Timers.CancelAll();
        Quiet();
        _closed = false;
        foreach (var child in Context.GetChildren())
        {
            Context.Watch(child);
            Context.Stop(child);
        }

        _settings.Opened(null);
        if (_gateway is null)
            Self.Tell(new GatewayClosed());
        else
            _gateway.DisposeAsync().AsTask().PipeTo(Self, Self, () => new GatewayClosed(), _ => new GatewayClosed());
        _gateway = null;
    }

    private void Ended()
    {
        if (!_closed || Context.GetChildren().Any() || _ended is not { } then)
            return;
        _ended = null;
        then();
    }

    private void Quiet()
    {
        _relays.ForEach(relay => relay.Shutdown());
        _relays.Clear();
        _chains.ForEach(_settings.Node.Release);
        _chains.Clear();
    }

    private sealed record Begun;

    private sealed record Listening;

    private sealed record GatewayClosed;
}
