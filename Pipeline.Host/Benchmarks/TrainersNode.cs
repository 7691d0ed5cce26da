using Akka.Actor;
using Akka.Configuration;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Training;
using Pipeline.Actors.Training.Sharing;
using Pipeline.Host.Cluster;
using Pipeline.Host.Configuration;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Benchmarks;

/// <summary>One of both processes of <c>pipeline bench trainers</c>, linked to the other as training nodes of a site are.</summary>
internal sealed class TrainersNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60), Poll = TimeSpan.FromMilliseconds(50), Failure = TimeSpan.FromSeconds(10);

    private readonly TrainersWorkload _workload;
    private readonly SiteKey _key = new(new byte[SiteKey.MinimumLength]);
    private readonly ActorSystem _system;

    /// <param name="seed">Port of the process that measures.</param>
    public TrainersNode(TrainersWorkload workload, string node, int port, int seed)
    {
        _workload = workload;
        var settings = new ClusterSettings(node, "127.0.0.1", port, [$"127.0.0.1:{seed}"], Failure, Failure, null);
        _system = ActorSystem.Create("bench", ConfigurationFactory.ParseString("akka { loglevel = WARNING, stdout-loglevel = OFF, loggers = [] }")
            .WithFallback(ClusterAkka.Of(settings, "bench", [SiteCluster.Trainer], _key)).WithFallback(SiteConfiguration.DefaultAkka).WithFallback(TrainingActor.DispatcherConfig));
    }

    public TaskDescriptor Task(string architecture) => new("MR", "", _workload.Side, _workload.Side, ["a", "b"], architecture);

    /// <summary>Computes parts of the other's steps.</summary>
    public void Help()
    {
        var samples = new NoiseSamples(2 * _workload.Batch, _workload.Side);
        foreach (string architecture in _workload.Architectures)
        {
            var task = Task(architecture);
            var trainer = GradientActor.Props(architecture, task, samples, new TorchRuntime(_workload.Threads), "cpu");
            _system.ActorOf(HelperDesk.Props(architecture, ArchitectureCatalog.Create(architecture).Layout(task), trainer), HelperDesk.NameOf(architecture));
        }
    }

    /// <summary>Waits until the other process may help with a network.</summary>
    /// <exception cref="TimeoutException">It does not come.</exception>
    public async Task<IGradientHelpers> FindAsync(string architecture, CancellationToken stop)
    {
        var crew = new HelperCrew();
        _system.ActorOf(HelperKeeper.Props(architecture, ArchitectureCatalog.Create(architecture).Layout(Task(architecture)), crew, _key), $"helpers-{architecture}");
        long began = TimeProvider.System.GetTimestamp();
        while (crew.Ready.Count == 0)
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"the second process does not help with {architecture} after {Patience.TotalSeconds:0} s");
            await System.Threading.Tasks.Task.Delay(Poll, stop).ConfigureAwait(false);
        }

        return crew;
    }

    public async ValueTask DisposeAsync() => await _system.Terminate().ConfigureAwait(false);
}
