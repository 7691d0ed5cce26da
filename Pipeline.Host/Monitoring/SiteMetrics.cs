using System.Diagnostics.Metrics;

namespace Pipeline.Host.Monitoring;

/// <summary>The site's figures as OpenTelemetry instruments, read from the last look at the site. docs/reference/metrics.md explains each.</summary>
internal sealed class SiteMetrics : IDisposable
{
    public const string MeterName = "Pipeline";

    private static readonly Definition[] Definitions =
    [
        Gauge("pipeline.site.ready", "", "1 while instances are taken and every joined chain is followed.", s => One(s.Ready ? 1 : 0)),
        Gauge("pipeline.site.problems", "", "Things an operator should look at.", s => One(s.Problems.Count)),
        Gauge("pipeline.disk.free", "By", "Free on the data directory's disk.", s => One(s.Disk.FreeBytes)),
        Gauge("pipeline.dicom.connections", "", "Transport connections open now.", s => One(s.Dicom.Connections)),
        Gauge("pipeline.dicom.associations", "", "Associations open now.", s => One(s.Dicom.Associations)),
        Counter("pipeline.dicom.associations.admitted", "", "Associations since the start.", s => One(s.Dicom.Admitted)),
        Counter("pipeline.dicom.associations.refused", "", "Associations that found no place since the start.", s => One(s.Dicom.Refused)),
        Counter("pipeline.spool.acknowledged", "", "Instances answered with success since the spool was made.", s => One(s.Spool.Acknowledged)),
        Gauge("pipeline.spool.pending", "", "Instances that are durable and not yet handled.", s => One(s.Spool.Pending)),
        Gauge("pipeline.spool.obstructed", "", "1 while no instance is taken.", s => One(s.Spool.Obstruction is null ? 0 : 1)),
        Counter("pipeline.ingest.received", "", "Instances handled for a chain.", s => Each(s.Chains, c => c.Received)),
        Gauge("pipeline.ingest.instances", "", "Where a chain's instances are: by outcome and reason.", s => s.Chains.SelectMany(c => c.Instances.Select(
            i => Tagged(i.Count, Chain(c), new("outcome", i.Outcome), new("reason", i.Reason))))),
        Gauge("pipeline.ingest.samples", "", "Labelled samples by split and class.", s => s.Chains.SelectMany(c => c.Samples.Select(
            n => Tagged(n.Count, Chain(c), new("split", n.Split), new("class", n.Class))))),
        Gauge("pipeline.chain.healthy", "", "1 while the replica answers and is not behind.", s => Joined(s, c => c.Healthy ? 1 : 0)),
        Gauge("pipeline.chain.height", "", "Blocks applied.", s => Joined(s, c => c.Height)),
        Gauge("pipeline.chain.block.age", "s", "Since the time of the last block.", s => Joined(s, c => c.BlockAge)),
        Gauge("pipeline.chain.members", "", "Members in office.", s => Joined(s, c => c.Members.Count)),
        Gauge("pipeline.consensus.round", "", "Consensus round of the next height; above 0 a proposer was not heard.", s => Joined(s, c => c.ConsensusRound)),
        Gauge("pipeline.consensus.syncing", "", "1 while the replica catches up and signs nothing.", s => Joined(s, c => c.Syncing ? 1 : 0)),
        Gauge("pipeline.consensus.mempool", "", "Transactions that wait for a block.", s => Joined(s, c => c.PendingTransactions)),
        Counter("pipeline.consensus.sent", "By", "Sent to other replicas since the start.", s => Joined(s, c => c.WireBytes)),
        Gauge("pipeline.journal.size", "By", "Of a chain's journal in a file.", s => Joined(s, c => c.JournalBytes)),
        Gauge("pipeline.round.current", "", "The newest round.", s => Joined(s, c => c.Round)),
        Gauge("pipeline.round.last", "", "The round after which training is complete.", s => Joined(s, c => c.LastRound)),
        Gauge("pipeline.round.contributions", "", "Updates in the newest round.", s => Joined(s, c => c.Members.Count(m => m.Standing == "contributed"))),
        Gauge("pipeline.round.blocks.left", "", "Blocks until the open round's deadline.", s => Joined(s, c => c.BlocksLeft)),
        Gauge("pipeline.round.auc", "", "Members' mean macro-AUC of the final model, 0 to 1.", s => Joined(s, c => c.Auc)),
        Gauge("pipeline.training.loss", "", "Mean loss of this site's local steps in the newest round it trained (nats).", s => Joined(s, c => c.History.LastOrDefault(r => r.Loss is not null)?.Loss)),
        Gauge("pipeline.training.trainers", "", "Nodes of this site whose gradients are in the newest round it trained.", s => Joined(s, c => c.History.LastOrDefault(r => r.Trainers is not null)?.Trainers)),
        Counter("pipeline.training.updates", "", "Updates this site trained since the start.", s => Joined(s, c => c.Learner.Updates)),
        Counter("pipeline.training.skipped", "", "Times this site had not enough to train from since the start.", s => Joined(s, c => c.Learner.Skipped)),
        Counter("pipeline.training.troubles", "", "Complaints of this site's learner since the start.", s => Joined(s, c => c.Learner.Troubles)),
        Gauge("pipeline.training.update.size", "By", "Of this site's newest update.", s => Joined(s, c => c.History.LastOrDefault(r => r.UpdateBytes > 0)?.UpdateBytes)),
        Gauge("pipeline.payload.used", "By", "Payloads of the chain on disk.", s => Joined(s, c => c.PayloadBytes)),
        Gauge("pipeline.payload.quota", "By", "What they may use at most.", s => Joined(s, c => c.PayloadQuota)),
        Gauge("pipeline.bridge.height", "", "Height to which another chain's headers are verified.", s => Bridges(s, b => b.Height)),
        Gauge("pipeline.bridge.usable", "", "1 while that chain is believed.", s => Bridges(s, b => b.Unusable is null ? 1 : 0)),
        Counter("pipeline.bridge.packets", "", "Packets of it consumed.", s => Bridges(s, b => b.Packets)),
        Counter("pipeline.bridge.offers", "", "Offers that this site judged since the start.", s => s.Chains.Where(c => c.Joined).SelectMany(c => new[]
        {
            Tagged(c.Learner.OffersAccepted, Chain(c), new("decision", "accepted")), Tagged(c.Learner.OffersRefused, Chain(c), new("decision", "refused")),
        })),
        Gauge("pipeline.bridge.trial.began", "", "First round of the trial of an offered backbone that is under way; 0 for none.", s => Joined(s, c => c.Learner.Trial is { IsOn: true } trial ? trial.Began : 0)),
        Counter("pipeline.bridge.trials", "", "Trials that ended since the start, by whether the backbone was taken.", s => s.Chains.Where(c => c.Joined).SelectMany(c => new[]
        {
            Tagged(c.Learner.TrialsAccepted, Chain(c), new("decision", "accepted")), Tagged(c.Learner.TrialsRefused, Chain(c), new("decision", "refused")),
        })),
        Gauge("pipeline.privacy.epsilon.spent", "", "ε that this site reported to have spent.", s => Joined(s, c => c.EpsilonSpent)),
        Gauge("pipeline.privacy.epsilon.budget", "", "ε that it may spend.", s => Joined(s, c => c.EpsilonBudget)),
        Gauge("pipeline.gateway.link.up", "", "1 while there is a link to that member.", s => Peers(s, p => p.Up ? 1 : 0)),
        Counter("pipeline.gateway.sent", "By", "On the link that is up.", s => Peers(s, p => p.SentBytes)),
        Counter("pipeline.gateway.received", "By", "On the link that is up.", s => Peers(s, p => p.ReceivedBytes)),
        Gauge("pipeline.gateway.waiting", "", "Messages in the queues to it.", s => Peers(s, p => p.Waiting)),
        Counter("pipeline.gateway.dropped", "", "Messages that found no room.", s => Peers(s, p => p.Dropped)),
        Counter("pipeline.gateway.invalid", "", "Messages that no member may send.", s => Peers(s, p => p.Invalid)),
    ];

    private readonly Meter _meter = new(MeterName);

    /// <param name="latest">The last look at the site; called when somebody reads the figures.</param>
    public SiteMetrics(Func<SiteStatus> latest)
    {
        foreach (var definition in Definitions)
        {
            IEnumerable<Measurement<double>> Read() => definition.Read(latest());
            if (definition.Monotonic)
                _meter.CreateObservableCounter(definition.Name, Read, Unit(definition), definition.Meaning);
            else
                _meter.CreateObservableGauge(definition.Name, Read, Unit(definition), definition.Meaning);
        }
    }

    /// <summary>Every figure by the name under which Prometheus has it, with its unit, kind and meaning.</summary>
    public static IReadOnlyList<(string Name, string Kind, string Meaning)> Exported { get; } =
        [.. Definitions.Select(d => (PrometheusName(d), d.Monotonic ? "counter" : "gauge", d.Meaning))];

    /// <summary>Whether an instrument is one of these: another site of the same process has some of the same names.</summary>
    public bool Owns(Instrument instrument) => instrument.Meter == _meter;

    public void Dispose() => _meter.Dispose();

    /// <summary>OpenTelemetry's rule of compatibility with Prometheus: dots become underscores, the unit's word and <c>_total</c> are appended.</summary>
    private static string PrometheusName(Definition definition) =>
        definition.Name.Replace('.', '_') + definition.Unit switch { "By" => "_bytes", "s" => "_seconds", _ => "" } + (definition.Monotonic ? "_total" : "");

    private static string? Unit(Definition definition) => definition.Unit.Length == 0 ? null : definition.Unit;

    private static Definition Gauge(string name, string unit, string meaning, Func<SiteStatus, IEnumerable<Measurement<double>>> read) => new(name, unit, false, meaning, read);

    private static Definition Counter(string name, string unit, string meaning, Func<SiteStatus, IEnumerable<Measurement<double>>> read) => new(name, unit, true, meaning, read);

    private static IEnumerable<Measurement<double>> One(double value) => [new(value)];

    private static IEnumerable<Measurement<double>> Each(IEnumerable<ChainState> chains, Func<ChainState, double?> value) =>
        chains.Where(c => value(c) is not null).Select(c => Tagged(value(c)!.Value, Chain(c)));

    private static IEnumerable<Measurement<double>> Joined(SiteStatus status, Func<ChainState, double?> value) => Each(status.Chains.Where(c => c.Joined), value);

    private static IEnumerable<Measurement<double>> Bridges(SiteStatus status, Func<BridgeState, double> value) =>
        status.Chains.SelectMany(c => c.Bridges.Select(b => Tagged(value(b), Chain(c), new("source", b.Source))));

    private static IEnumerable<Measurement<double>> Peers(SiteStatus status, Func<PeerState, double> value) =>
        status.Peers.Select(p => Tagged(value(p), new KeyValuePair<string, object?>("peer", p.Member)));

    private static KeyValuePair<string, object?> Chain(ChainState chain) => new("chain", chain.Name);

    private static Measurement<double> Tagged(double value, params KeyValuePair<string, object?>[] tags) => new(value, tags);

    private sealed record Definition(string Name, string Unit, bool Monotonic, string Meaning, Func<SiteStatus, IEnumerable<Measurement<double>>> Read);
}
