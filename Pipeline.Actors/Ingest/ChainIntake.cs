using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Actors.Ingest.Storage;

namespace Pipeline.Actors.Ingest;

/// <summary>What one chain's route holds open.</summary>
internal sealed class ChainIntake : IDisposable
{
    public ChainIntake(ChainRoute route, IngestSettings settings, IDurableFileSystem files)
    {
        string folder = Path.Combine(settings.DataDirectory, "samples", route.Chain);
        Route = route;
        Store = new FileSampleStore(folder, route.Classes.Count, settings.SampleCacheBytes, files);
        Awaiting = new AwaitingLabelStore(folder, files);
        Labels = new LabelBook(route.Classes.Count, route.Labels);
    }

    public ChainRoute Route { get; }

    public FileSampleStore Store { get; }

    public AwaitingLabelStore Awaiting { get; }

    public LabelBook Labels { get; }

    /// <summary>Waiting samples that are not also in the store, as they may be right after a crash.</summary>
    public int WaitingCount => Awaiting.All.Count(waiting => !Store.Contains(waiting.Id));

    public void Dispose()
    {
        Store.Dispose();
        Awaiting.Dispose();
    }
}
