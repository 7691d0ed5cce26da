using Akka;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Mirrors;
using static Pipeline.Host.Cluster.ClusterProtocol;

namespace Pipeline.Host.Cluster;

/// <summary>
/// On a training node: keeps a copy of the samples of every node that takes images, so that they are here when training has to go on here. A feed that
/// ends is asked for again, from where the copy stands.
/// </summary>
internal sealed class MirrorKeeper : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    /// <summary>An ask that was not answered for so many turns was lost.</summary>
    private const int Patience = 5;

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IMaterializer _materializer = Context.Materializer();
    private readonly IReadOnlyDictionary<string, SampleMirrors> _mirrors;
    private readonly SiteKey _key;
    private readonly Dictionary<Address, string> _nodes = [];
    private readonly Dictionary<(Address Node, string Chain), int> _asked = [];
    private readonly Dictionary<(Address Node, string Chain), UniqueKillSwitch> _copying = [];
    private readonly Dictionary<(Address Node, string Chain), string> _told = [];

    /// <param name="mirrors">By chain.</param>
    public MirrorKeeper(IReadOnlyDictionary<string, SampleMirrors> mirrors, SiteKey key)
    {
        (_mirrors, _key) = (mirrors, key);
        Receive<ClusterEvent.CurrentClusterState>(state =>
        {
            foreach (var member in state.Members)
                Note(member);
        });
        Receive<ClusterEvent.MemberUp>(up => Note(up.Member));
        Receive<ClusterEvent.MemberRemoved>(Forget);
        Receive<ClusterEvent.IMemberEvent>(_ => { });
        Receive<Tick>(_ => Ask());
        Receive<Feed>(Copy);
        Receive<NoFeed>(refused => Tell((Sender.Path.Address, refused.Chain), refused.Reason));
        Receive<Ended>(OnEnded);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IReadOnlyDictionary<string, SampleMirrors> mirrors, SiteKey key) =>
        Akka.Actor.Props.Create(() => new MirrorKeeper(mirrors, key));

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent));
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, AskAgain);
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void Note(Member member)
    {
        if (member.Status == MemberStatus.Up && member.UniqueAddress != _cluster.SelfUniqueAddress && member.HasRole(SiteCluster.Ingest)
            && ClusterRoles.SameKeys(member.Roles, _key) && ClusterRoles.NodeOf(member.Roles) is { } node)
            _nodes[member.Address] = node;
        Ask();
    }

    /// <summary>A feed of a node that died says nothing of it, and its next life has the same address.</summary>
    private void Forget(ClusterEvent.MemberRemoved gone)
    {
        _nodes.Remove(gone.Member.Address);
        foreach (var (feed, stop) in _copying.Where(copy => copy.Key.Node == gone.Member.Address))
        {
            _asked.Remove(feed);
            stop.Shutdown();
        }
    }

    private void Ask()
    {
        foreach (var address in _nodes.Keys)
        {
            foreach (var (chain, mirrors) in _mirrors.Where(mirror => !_copying.ContainsKey((address, mirror.Key))))
            {
                int turns = _asked.GetValueOrDefault((address, chain));
                _asked[(address, chain)] = (turns + 1) % Patience;
                if (turns > 0)
                    continue;
                var (writing, position) = mirrors.PositionOf(_nodes[address]);
                Context.ActorSelection(new RootActorPath(address) / "user" / SampleFeeds.Name).Tell(new AskFeed(chain, writing, position));
            }
        }
    }

    private void Copy(Feed feed)
    {
        var address = Sender.Path.Address;
        if (!_nodes.TryGetValue(address, out string? node) || !_mirrors.TryGetValue(feed.Chain, out var mirrors) || _copying.ContainsKey((address, feed.Chain)))
            return;
        _told.Remove((address, feed.Chain));
        _log.Info("chain {0}: copies the samples of node {1} from byte {2} on", feed.Chain, node, mirrors.PositionOf(node).Position);
        var (stop, ended) = feed.Pieces.Source.ViaMaterialized(KillSwitches.Single<byte[]>(), Keep.Right)
            .ToMaterialized(mirrors.SinkOf(node), Keep.Both).Run(_materializer);
        _copying.Add((address, feed.Chain), stop);
        ended.PipeTo(Self, Self, _ => new Ended(address, feed.Chain, null), e => new Ended(address, feed.Chain, e.GetBaseException().Message));
    }

    private void OnEnded(Ended ended)
    {
        _copying.Remove((ended.Node, ended.Chain));
        _asked.Remove((ended.Node, ended.Chain));
        if (ended.Fault is { } fault)
            Tell((ended.Node, ended.Chain), fault);
    }

    /// <summary>Once, not every second.</summary>
    private void Tell((Address Node, string Chain) feed, string reason)
    {
        if (_told.GetValueOrDefault(feed) == reason)
            return;
        _told[feed] = reason;
        _log.Warning("chain {0}: the samples of {1} are not copied for now: {2}", feed.Chain, feed.Node, reason);
    }

    private sealed record Ended(Address Node, string Chain, string? Fault);

    private sealed record Tick
    {
        public static Tick Instance { get; } = new();
    }
}
