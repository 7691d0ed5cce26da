using Akka.Actor;
using Akka.Configuration;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Personalization;
using Pipeline.Actors.Training;
using Pipeline.Actors.Training.Sharing;
using Pipeline.Host.Cluster;
using Pipeline.Host.Configuration;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Actors.Training;

namespace Pipeline.Tests.Host.Cluster;

/// <summary>Training nodes of one site in one process, each an ActorSystem of its own with real links between them.</summary>
internal sealed class TrainerNodes : IAsyncDisposable
{
    public const string Chain = "chest";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, ActorSystem> _systems = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("trainer-nodes");
    private readonly SiteKey _key = new(new byte[SiteKey.MinimumLength]);
    private readonly int _seed = PeerProcess.FreePort();
    private readonly TaskDescriptor _task;
    private readonly IArchitecture _architecture;

    public TrainerNodes(TaskDescriptor task)
    {
        _task = task;
        _architecture = ArchitectureCatalog.Create(task.Architecture);
        Layout = _architecture.Layout(task);
        Model = FixedPointModel.FromFloats(Layout, _architecture.Initialize(Layout, 1));
    }

    public ModelLayout Layout { get; }

    public FixedPointModel Model { get; }

    public ActorSystem this[string node] => _systems[node];

    /// <summary>A node that computes parts for whichever trains.</summary>
    /// <param name="layout">As the node has it.</param>
    public void Help(string node, ISampleStore samples, ModelLayout? layout = null) => Start(node).ActorOf(
        HelperDesk.Props(Chain, layout ?? Layout, GradientActor.Props(Chain, _task, samples, new TorchRuntime(), "cpu")), HelperDesk.NameOf(Chain));

    /// <summary>The node that trains.</summary>
    /// <returns>The training actor, and who may help it.</returns>
    public (IActorRef Trainer, HelperCrew Crew) Train(string node, ISampleStore samples, RoundPolicy policy, TimeSpan stepTimeout)
    {
        var system = Start(node);
        var crew = new HelperCrew();
        system.ActorOf(HelperKeeper.Props(Chain, Layout, crew, _key), "helpers");
        var trainer = system.ActorOf(TrainingActor.Props(
            new TrainingActorSettings(
                Chain, _task, policy, TrainerSettings.Default, new HarmGateSettings(), new PersonalizerSettings(), Path.Combine(_folder.FullName, node, "site.state"), "cpu", "secret")
            { Sharing = new StepSharing(crew, true, stepTimeout, TimeProvider.System) },
            samples, new TorchRuntime()));
        return (trainer, crew);
    }

    public Task<TrainingProtocol.IReply> Round(IActorRef trainer, long round) => trainer.Ask<TrainingProtocol.IReply>(
        new TrainingProtocol.TrainRound(round, Model, Model.Digest, Digest.Of([9])), Patience);

    public async ValueTask DisposeAsync()
    {
        foreach (var system in _systems.Values.Reverse())
            await system.Terminate();
        _folder.Delete(recursive: true);
    }

    /// <summary>The first node founds the cluster.</summary>
    private ActorSystem Start(string node)
    {
        int port = _systems.Count == 0 ? _seed : PeerProcess.FreePort();
        var settings = new ClusterSettings(node, "127.0.0.1", port, [$"127.0.0.1:{_seed}"], TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5), null);
        var config = ConfigurationFactory.ParseString("akka { loglevel = WARNING, stdout-loglevel = OFF, loggers = [] }")
            .WithFallback(ClusterAkka.Of(settings, "site", [SiteCluster.Trainer], _key)).WithFallback(SiteConfiguration.DefaultAkka).WithFallback(TrainingActor.DispatcherConfig);
        return _systems[node] = ActorSystem.Create("site", config);
    }
}
