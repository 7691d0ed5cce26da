using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Pipeline.Actors.Ingest;

namespace Pipeline.Host.Cluster;

/// <summary>
/// Two nodes with different site keys would give one patient two pseudonyms, and learn from a test patient. The one that comes later leaves.
/// </summary>
internal sealed class KeyWatch : ReceiveActor
{
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly SiteKey _key;

    public KeyWatch(SiteKey key)
    {
        _key = key;
        Receive<ClusterEvent.CurrentClusterState>(state =>
        {
            foreach (var member in state.Members)
                Look(member);
        });
        Receive<ClusterEvent.MemberUp>(up => Look(up.Member));
        Receive<ClusterEvent.IMemberEvent>(_ => { });
    }

    public static Props Props(SiteKey key) => Akka.Actor.Props.Create(() => new KeyWatch(key));

    protected override void PreStart() =>
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void Look(Member member)
    {
        if (ClusterRoles.SameKeys(member.Roles, _key))
            return;
        bool later = !_cluster.SelfMember.IsOlderThan(member);
        _log.Error(
            "node {0} at {1} has another site key than this node: copy keys/ of the first node to every other before it starts{2}",
            ClusterRoles.NodeOf(member.Roles), member.Address, later ? "; this node leaves" : "");
        if (later)
            _cluster.Leave(_cluster.SelfAddress);
    }
}
