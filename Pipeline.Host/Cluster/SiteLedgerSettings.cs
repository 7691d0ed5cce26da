using Akka.Actor;
using Akka.Streams;
using Pipeline.Host.Site;

namespace Pipeline.Host.Cluster;

/// <summary>What a <see cref="SiteLedger"/> works with.</summary>
/// <param name="OpenGateway">A new one; null where the site is alone.</param>
/// <param name="Opened">Hears which gateway is open; null for none.</param>
/// <param name="Trainers">Leads to a chain's <see cref="TrainerHost"/>, wherever it is.</param>
/// <param name="Relays">Whether this node carries packets between the site's chains while it holds the ledger.</param>
internal sealed record SiteLedgerSettings(
    SiteNode Node, IReadOnlyList<SpreadChain> Chains, Func<Gateway.Gateway?> OpenGateway, Action<Gateway.Gateway?> Opened, Func<string, IActorRef> Trainers,
    bool Relays, IMaterializer Materializer);
