using System.Collections.Concurrent;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Actors.Ingest.Mirrors;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Actors.Ingest.Spool;
using Pipeline.Actors.Ingest.Stages;
using Pipeline.Actors.Ingest.Storage;

namespace Pipeline.Actors.Ingest;

/// <summary>A running way of images: storage SCP, durable spool, stages, sample stores. Everything it needs to go on is in its folder.</summary>
public sealed class IngestPipeline : IAsyncDisposable
{
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>How many times larger a deflated data set may become.</summary>
    private const int InflationLimit = 4;

    /// <summary>Of a label file; the log is for finding the mistake, not for repeating the file.</summary>
    private const int ShownProblems = 5;

    private readonly IngestSettings _settings;
    private readonly IDurableFileSystem _files;
    private readonly ILoggingAdapter _log;
    private readonly ConcurrentDictionary<string, ChainIntake> _chains = new();
    private readonly ConcurrentDictionary<string, ChainIntake> _titles = new();
    private readonly InstanceSpool _spool;
    private readonly CheckpointLog _checkpoints;
    private readonly Quarantine _quarantine;
    private readonly IngestCommitter _committer;
    private readonly RequestHandler _requests;
    private readonly InstanceWay _way;
    private readonly SharedKillSwitch _switch = KillSwitches.Shared("ingest");
    private readonly CancellationTokenSource _ending = new();
    private readonly Task<Done> _stages;
    private readonly Task _terminated;
    private readonly Lock _routing = new();
    private DicomServer? _server;
    private int _ended;

    private IngestPipeline(ActorSystem system, IngestSettings settings, IDurableFileSystem files, IDicomToolkit toolkit)
    {
        (_settings, _files) = (settings, files);
        _log = Logging.GetLogger(system, typeof(IngestPipeline));
        string Folder(string name) => Path.Combine(settings.DataDirectory, name);
        Directory.CreateDirectory(settings.DataDirectory);
        var limits = new DicomReadLimits(SpoolRecord.MaxWholeBytes * InflationLimit);
        _way = new InstanceWay(toolkit, settings.SiteKey, settings.Deidentification, limits);
        _quarantine = new Quarantine(settings.DataDirectory, files, settings.StorageKeys);
        foreach (ChainRoute route in settings.Routes)
            Open(route);
        _spool = InstanceSpool.Open(
            SpoolOf(settings), files, settings.Clock, settings.StorageKeys.For("spool"));
        _spool.ObstructionChanged += Report;
        _spool.Lost += sequence => _log.Warning("A part of instance {0} was damaged in the spool; it is taken when the PACS sends it again.", sequence);
        if (_spool.Obstruction is { } obstruction)
            Report(obstruction);
        _checkpoints = new CheckpointLog(Folder("checkpoint.log"), files);
        if (_checkpoints.Last.Next > _spool.Next)
        {
            throw new InvalidDataException(
                $"The checkpoint stands at {_checkpoints.Last.Next}, the spool ends at {_spool.Next}: part of {settings.DataDirectory} is missing"
                + (_spool.SetAside.Count == 0 ? "." : $", or damaged ({string.Join(", ", _spool.SetAside)}).") + " Restore the folder as a whole.");
        }
        if (_spool.SetAside.Count > 0)
        {
            _log.Warning(
                "The spool was damaged; acknowledged instances may be missing. What cannot be read is in {0}. Let the PACS send again what it sent last, and delete these files.",
                string.Join(", ", _spool.SetAside));
        }
        _committer = new IngestCommitter(_checkpoints, _chains, _spool, _quarantine, settings.Clock, Report);
        Audit = new AuditLog(settings.DataDirectory, files);
        _requests = new RequestHandler(
            new RequestFolder(settings.DataDirectory, files), Audit, _quarantine, _committer, _way, RouteOf,
            settings.QuarantineRetention, settings.Clock, _log);
        _terminated = system.WhenTerminated;
        _stages = RunStages(system.Materializer(), _checkpoints.Last.Next);
    }

    /// <summary>The port without TLS that the SCP is bound to; 0 where there is none.</summary>
    public int Port => _server!.Port;

    /// <summary>The port with TLS; 0 where there is none.</summary>
    public int TlsPort => _server!.TlsPort;

    /// <summary>The sample store of each chain; a chain added later appears here.</summary>
    public IReadOnlyDictionary<string, ISampleStore> Stores =>
        _chains.ToDictionary(pair => pair.Key, ISampleStore (pair) => pair.Value.Store);

    /// <summary>
    /// A chain's samples for another node to copy, from a position on or from the beginning; see <see cref="SampleMirrors"/>. Null where the chain has no
    /// route here.
    /// </summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public Source<byte[], NotUsed>? Feed(string chain, Guid writing, long position) =>
        _chains.TryGetValue(chain, out var intake) ? SampleFeed.From(intake.Store, writing, position) : null;

    /// <summary>What became of each chain's instances so far.</summary>
    public IReadOnlyDictionary<string, ChainCounters> Counters => _committer.Counters;

    /// <summary>Instances that the spool has taken so far.</summary>
    public long Acknowledged => _spool.Next;

    /// <summary>Of these, those that the stages have not committed yet.</summary>
    public long Pending => Math.Max(0, _spool.Next - _committer.Next);

    /// <summary>Why no instance is taken now; null where they are.</summary>
    public string? Obstruction => _spool.Obstruction;

    /// <summary>Transport connections open now, associations among them, and associations admitted and turned away so far.</summary>
    public (int Connections, int Associations, long Admitted, long Refused) Load => _server?.Load ?? default;

    /// <summary>What was done to held data on somebody's word.</summary>
    public AuditLog Audit { get; }

    /// <summary>Ends when the stages end, with the fault that stopped them if they did not end on request.</summary>
    public Task Completion => _stages;

    /// <summary>Recovers the folder and begins to listen. A busy port, an unusable folder or routes that contradict each other are a fault.</summary>
    public static Outcome<IngestPipeline> Start(ActorSystem system, IngestSettings settings) =>
        Start(system, settings, new DiskFileSystem(), new EmbeddedToolkit());

    /// <inheritdoc cref="Start(ActorSystem, IngestSettings)"/>
    /// <param name="files">The disk; tests make it fail.</param>
    /// <param name="toolkit">Reads data sets and decodes pixels.</param>
    public static Outcome<IngestPipeline> Start(ActorSystem system, IngestSettings settings, IDurableFileSystem files, IDicomToolkit toolkit)
    {
        for (int i = 0; i < settings.Routes.Count; i++)
        {
            if (RouteFault(settings.Routes[i], settings.Routes.Take(i)) is { } fault)
                return fault;
        }
        IngestPipeline pipeline;
        try
        {
            pipeline = new IngestPipeline(system, settings, files, toolkit);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return new Fault($"The data folder {settings.DataDirectory} cannot be used: {error.Message}");
        }
        Outcome<DicomServer> server = DicomServer.Start(
            system, settings.Dicom with { TransferSyntaxes = toolkit.Decodable }, new SpoolSink(pipeline));
        if (!server.Ok)
        {
            _ = pipeline.StopAsync();
            return server.Fault;
        }
        pipeline._server = server.Value;
        return pipeline;
    }

    /// <summary>Where every acknowledged instance is at this moment.</summary>
    public IngestAccounting Account() => _committer.Account();

    /// <summary>Accepts another chain's AE title from now on. A title or chain already routed is a fault.</summary>
    public Outcome<ChainRoute> AddRoute(ChainRoute route)
    {
        lock (_routing)
        {
            if (RouteFault(route, _chains.Values.Select(chain => chain.Route)) is { } fault)
                return fault;
            try
            {
                Open(route);
                return route;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                return new Fault($"The samples of chain {route.Chain} cannot be opened: {error.Message}");
            }
        }
    }

    /// <summary>
    /// Takes on, while it runs, what may change then: rules, peers, limits and time-outs of associations; the spool's sizes and watermark; retention; which
    /// images are eligible for the chains that have a route here. All else stays as it was started.
    /// </summary>
    public void Apply(IngestSettings wanted)
    {
        _spool.Apply(SpoolOf(wanted));
        _requests.Retained = wanted.QuarantineRetention;
        lock (_routing)
        {
            foreach (ChainRoute route in wanted.Routes)
                _chains.GetValueOrDefault(route.Chain)?.Rescope(route);
        }
        _server?.Apply(wanted.Dicom);
    }

    /// <summary>Stops listening, lets associations end, commits what the stages hold. What they have not taken stays in the spool.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        if (_server is not null)
            await _server.StopAsync(StopGrace).ConfigureAwait(false);
        _switch.Shutdown();
        await Task.WhenAny(_stages, Task.Delay(StopGrace)).ConfigureAwait(false);
        await CloseAsync(kill: false).ConfigureAwait(false);
    }

    /// <summary>Ends as a crash would: sockets reset, nothing in flight committed. For fault drills.</summary>
    public async Task KillAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        _committer.Close();
        _switch.Abort(new OperationCanceledException("Killed."));
        if (_server is not null)
            await _server.KillAsync().ConfigureAwait(false);
        await CloseAsync(kill: true).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => new(StopAsync());

    private static Fault? RouteFault(ChainRoute route, IEnumerable<ChainRoute> others)
    {
        if (route.AeTitle.Length is < 1 or > 16 || route.AeTitle.Any(c => c is < ' ' or > '~' or '\\') || route.AeTitle != route.AeTitle.Trim())
            return new Fault($"AE title '{route.AeTitle}' of chain {route.Chain}: 1 to 16 printable ASCII characters without backslash or outer spaces.");
        if (route.Chain.Length == 0 || route.Chain.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-'))
            return new Fault($"Chain id '{route.Chain}': lower-case letters, digits and dashes.");
        if (route.Height is < 1 or > 4096 || route.Width is < 1 or > 4096 || route.Classes.Count < 1)
            return new Fault($"Chain {route.Chain}: height and width 1 to 4096, at least one class.");
        ChainRoute? other = others.FirstOrDefault(o => o.Chain == route.Chain || o.AeTitle == route.AeTitle);
        return other is null ? null : new Fault($"Chain {route.Chain} (AE title {route.AeTitle}) collides with chain {other.Chain} ({other.AeTitle}).");
    }

    private static SpoolSettings SpoolOf(IngestSettings settings) => new(
        Path.Combine(settings.DataDirectory, "spool"), settings.SegmentBytes, settings.LowWatermarkBytes, settings.MaxIndexedInstances, settings.SpareSegments);

    private void Open(ChainRoute route)
    {
        var intake = new ChainIntake(route, _settings, _files);
        _chains[route.Chain] = intake;
        _titles[route.AeTitle] = intake;
    }

    private Task<Done> RunStages(ActorMaterializer materializer, long from)
    {
        Source<IReadOnlyList<Handled>, NotUsed> ticks = Source.Tick<IReadOnlyList<Handled>>(_settings.CommitInterval, _settings.CommitInterval, [])
            .MapMaterializedValue(_ => NotUsed.Instance).Conflate((kept, _) => kept);
        return Source.FromGraph(new SpoolSource(_spool, from))
            .Via(_switch.Flow<SpoolRecord>())
            .SelectAsync(_settings.Parallelism, record => Task.Run(() => HandleAsync(record)))
            .GroupedWithin(_settings.CommitBatch, _settings.CommitInterval)
            .Select(IReadOnlyList<Handled> (batch) => batch.ToArray())
            .Merge(ticks.Via(_switch.Flow<IReadOnlyList<Handled>>()))
            .SelectAsync(1, batch => Task.Run(() => Persistently(() =>
            {
                _requests.Run();
                BatchTrace.Commit(batch, _committer.Commit);
                return Done.Instance;
            })))
            .RunWith(Sink.Ignore<Done>(), materializer);
    }

    private async Task<Handled> HandleAsync(SpoolRecord record)
    {
        DateTimeOffset began = TimeProvider.System.GetUtcNow();
        Handled handled = await Persistently(() => Handle(record)).ConfigureAwait(false);
        record.Release();
        return handled with { Began = began, Origin = _spool.OriginOf(record.Sequence) };
    }

    private Handled Handle(SpoolRecord record)
    {
        ChainIntake? chain = _titles.GetValueOrDefault(record.CalledAe);
        InstanceOutcome outcome;
        try
        {
            outcome = _way.Run(record, chain?.Route);
        }
        catch (Exception error) when (error is not (OutOfMemoryException or IOException))
        {
            // A mistake of ours in one instance must not stop the others; the instance stays for the mistake to be found.
            _log.Error(error, "Handling instance {0} failed.", record.Sequence);
            outcome = new InstanceOutcome.Quarantined(InstanceOutcome.Why.Failed, error.GetType().Name);
        }
        if (outcome is InstanceOutcome.Quarantined && _committer.AnyErased && _committer.IsErased(_way.PatientOf(record), record.Sequence))
            outcome = new InstanceOutcome.OutOfScope(InstanceOutcome.Why.Erased);
        if (outcome is InstanceOutcome.Quarantined quarantined)
        {
            _quarantine.Put(record, chain?.Route.Chain, quarantined.Reason, quarantined.Detail);
            _log.Warning(
                "Instance {0} of chain {1} is in quarantine: {2}; 'pipeline quarantine list' says what to do.",
                record.Sequence, chain?.Route.Chain ?? "none", quarantined.Reason);
        }
        return new Handled(record.Sequence, record.Received, record.CallingAe, chain?.Route.Chain, outcome);
    }

    /// <summary>The route of an instance in quarantine: its chain's, or where it had none that of the AE title it was sent to.</summary>
    private ChainRoute? RouteOf(string? chain, string calledAe) =>
        (chain is null ? _titles.GetValueOrDefault(calledAe) : _chains.GetValueOrDefault(chain))?.Route;

    /// <summary>A disk that refuses holds the stages, and through the spool the PACS, until it takes the work again.</summary>
    private async Task<T> Persistently<T>(Func<T> work)
    {
        for (bool held = false; ; held = true)
        {
            try
            {
                T result = work();
                if (held)
                    _log.Info("The data folder can be used again.");
                return result;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                if (!held)
                    _log.Error("The data folder cannot be read or written, trying again every {0} s: {1}", RetryAfter.TotalSeconds, error.Message);
                await Task.Delay(RetryAfter, _ending.Token).ConfigureAwait(false);
            }
        }
    }

    private void Report(string? obstruction)
    {
        if (obstruction is null)
            _log.Info("Instances are taken again.");
        else
        {
            _log.Error(
                "No instance is taken: {0}. Senders are told to come back later and nothing acknowledged is lost; make room in {1}.",
                obstruction, _settings.DataDirectory);
        }
    }

    private void Report(string chain, LabelReport report)
    {
        if (report.Relabelled + report.Demoted > 0)
            _log.Info("Labels of chain {0}: {1} samples have another label now, {2} lost theirs and wait.", chain, report.Relabelled, report.Demoted);
        if (report.Problems is not { } problems)
            return;
        if (problems.Count == 0)
            _log.Info("Labels of chain {0}: all is well again.", chain);
        else
        {
            _log.Warning("Labels of chain {0}: {1}{2}", chain, string.Join(" ", problems.Take(ShownProblems)),
                problems.Count > ShownProblems ? $" And {problems.Count - ShownProblems} more." : "");
        }
    }

    private async Task CloseAsync(bool kill)
    {
        _committer.Close();
        await _ending.CancelAsync().ConfigureAwait(false);
        _switch.Abort(new OperationCanceledException("The stages did not end in time."));
        await Task.WhenAny(_stages, _terminated).ConfigureAwait(false);
        if (kill)
            _spool.Kill();
        else
            _spool.Dispose();
        foreach (ChainIntake chain in _chains.Values)
            chain.Dispose();
        _checkpoints.Dispose();
        _ending.Dispose();
    }

    private sealed class SpoolSink(IngestPipeline pipeline) : IInstanceSink
    {
        public bool Recognizes(string calledAe) => Stores(calledAe) || (calledAe.Length > 0 && calledAe == pipeline._settings.AeTitle);

        public bool Stores(string calledAe) => pipeline._titles.ContainsKey(calledAe);

        public string? ChainOf(string calledAe) => pipeline._titles.GetValueOrDefault(calledAe)?.Route.Chain;

        public bool Congested => pipeline._spool.Low;

        public IInstanceUpload BeginUpload() => pipeline._spool.BeginUpload();

        public bool Holds(string sopInstanceUid) => pipeline._spool.Holds(sopInstanceUid);
    }
}
