using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using Pipeline.Actors.Ingest;
using Pipeline.Ledger.Rounds;
using static Pipeline.Host.Cluster.ClusterProtocol;

namespace Pipeline.Host.Cluster;

/// <summary>
/// Beside the training actor of a chain: keeps a link to every other training node of the site, so that a round finds those that can help without waiting for any.
/// A link that ends is asked for again.
/// </summary>
internal sealed class HelperKeeper : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    /// <summary>An ask that was not answered for so many turns was lost: the other node loads libtorch first.</summary>
    private const int Patience = 20;

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IMaterializer _materializer = Context.Materializer();
    private readonly string _chain;
    private readonly ModelLayout _layout;
    private readonly HelperCrew _crew;
    private readonly SiteKey _key;
    private readonly Dictionary<Address, string> _nodes = [];
    private readonly Dictionary<Address, int> _asked = [];
    private readonly Dictionary<Guid, (Address Node, HelperLink Link)> _pending = [];
    private readonly Dictionary<Address, (HelperLink Link, UniqueKillSwitch Stop)> _links = [];
    private readonly Dictionary<Address, string> _told = [];

    public HelperKeeper(string chain, ModelLayout layout, HelperCrew crew, SiteKey key)
    {
        (_chain, _layout, _crew, _key) = (chain, layout, crew, key);
        Receive<ClusterEvent.CurrentClusterState>(state =>
        {
            foreach (var member in state.Members)
                Note(member);
        });
        Receive<ClusterEvent.MemberUp>(up => Note(up.Member));
        Receive<ClusterEvent.MemberRemoved>(gone => Forget(gone.Member.Address));
        Receive<ClusterEvent.IMemberEvent>(_ => { });
        Receive<Tick>(_ => Ask());
        Receive<Offered>(offered =>
        {
            if (_pending.TryGetValue(offered.Link, out var asked))
                Desk(asked.Node).Tell(new AskHelp(_chain, offered.Link, GradientWire.Version, _layout.Digest, offered.Work));
        });
        Receive<Helping>(Open);
        Receive<NoHelp>(refused =>
        {
            if (_pending.Remove(refused.Link, out var asked))
                Tell(asked.Node, refused.Reason);
        });
        Receive<Ended>(OnEnded);
        Receive<Status.Failure>(failed => _log.Debug("chain {0}: {1}", _chain, failed.Cause.GetBaseException().Message));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(string chain, ModelLayout layout, HelperCrew crew, SiteKey key) =>
        Akka.Actor.Props.Create(() => new HelperKeeper(chain, layout, crew, key));

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent));
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, AskAgain);
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        _crew.Set([]);
        foreach (var link in _links.Values.Select(open => open.Link).Concat(_pending.Values.Select(asked => asked.Link)))
            link.End("training goes on elsewhere");
    }

    private void Note(Member member)
    {
        if (member.Status == MemberStatus.Up && member.UniqueAddress != _cluster.SelfUniqueAddress && member.HasRole(SiteCluster.Trainer)
            && ClusterRoles.SameKeys(member.Roles, _key) && ClusterRoles.NodeOf(member.Roles) is { } node)
            _nodes[member.Address] = node;
        Ask();
    }

    /// <summary>A node's next life has the same address.</summary>
    private void Forget(Address node)
    {
        _nodes.Remove(node);
        _asked.Remove(node);
        if (!_links.TryGetValue(node, out var open))
            return;
        open.Link.End("it has left the site");
        open.Stop.Shutdown();
    }

    private void Ask()
    {
        // A node that was left out of a round may hang: its answer is not waited for.
        foreach (var (_, stop) in _links.Values.Where(open => open.Link.IsOver))
            stop.Shutdown();
        foreach (var (address, node) in _nodes.Where(node => !_links.ContainsKey(node.Key)))
        {
            int turns = _asked.GetValueOrDefault(address);
            _asked[address] = (turns + 1) % Patience;
            if (turns > 0)
                continue;
            foreach (var (id, lost) in _pending.Where(asked => asked.Value.Node == address).ToArray())
            {
                _pending.Remove(id);
                lost.Link.End("not answered");
            }

            var link = new HelperLink(node, _layout.Length);
            _pending.Add(link.Id, (address, link));
            ChannelSource.FromReader(link.Work).RunWith(StreamRefs.SourceRef<byte[]>(), _materializer)
                .PipeTo(Self, Self, work => new Offered(link.Id, work));
        }
    }

    private void Open(Helping helping)
    {
        if (!_pending.Remove(helping.Link, out var asked) || _links.ContainsKey(asked.Node))
            return;
        var (address, link) = asked;
        var framing = new GradientFraming(GradientWire.MostBytes(_layout.Length));
        _told.Remove(address);
        _log.Info("chain {0}: node {1} may compute parts of the steps", _chain, link.Node);
        var (stop, ended) = helping.Parts.Source.WithAttributes(GradientFraming.Ahead).ViaMaterialized(KillSwitches.Single<byte[]>(), Keep.Right).SelectMany(framing.Take)
            .ToMaterialized(Sink.ForEach<byte[]>(link.Take), Keep.Both).Run(_materializer);
        _links.Add(address, (link, stop));
        _crew.Set(_links.Values.Select(open => open.Link));
        ended.PipeTo(Self, Self, _ => new Ended(address, link, null), e => new Ended(address, link, e.GetBaseException().Message));
    }

    private void OnEnded(Ended ended)
    {
        ended.Link.End(ended.Fault ?? "it has ended the link");
        if (_links.TryGetValue(ended.Node, out var open) && open.Link == ended.Link)
            _links.Remove(ended.Node);
        _asked.Remove(ended.Node);
        _crew.Set(_links.Values.Select(left => left.Link));
        if (ended.Fault is { } fault)
            Tell(ended.Node, fault);
    }

    /// <summary>Once, not every second.</summary>
    private void Tell(Address node, string reason)
    {
        if (_told.GetValueOrDefault(node) == reason)
            return;
        _told[node] = reason;
        _log.Warning("chain {0}: node {1} computes no parts of the steps for now: {2}", _chain, _nodes.GetValueOrDefault(node) ?? node.ToString(), reason);
    }

    private ActorSelection Desk(Address node) => Context.ActorSelection(new RootActorPath(node) / "user" / HelperDesk.NameOf(_chain));

    private sealed record Offered(Guid Link, ISourceRef<byte[]> Work);

    private sealed record Ended(Address Node, HelperLink Link, string? Fault);

    private sealed record Tick
    {
        public static Tick Instance { get; } = new();
    }
}
