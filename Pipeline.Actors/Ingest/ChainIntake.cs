using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Labels;
using Pipeline.Actors.Ingest.Storage;

namespace Pipeline.Actors.Ingest;

/// <summary>What one chain's route holds open.</summary>
internal sealed class ChainIntake : IDisposable
{
    private volatile ChainRoute _route;

    public ChainIntake(ChainRoute route, IngestSettings settings, IDurableFileSystem files)
    {
        string folder = Path.Combine(settings.DataDirectory, "samples", route.Chain);
        IRecordSeal seal = settings.StorageKeys.For(SampleCatalog.Purpose(route.Chain));
        _route = route;
        Store = new FileSampleStore(folder, route.Classes.Count, settings.SampleCacheBytes, files, seal);
        Awaiting = new WaitingStore(folder, WaitingStore.ForLabel, files, seal, settings.Clock);
        Series = new WaitingStore(folder, WaitingStore.ForSeries, files, seal, settings.Clock);
        Labels = new LabelBook(route.Classes.Count, route.Labels);
    }

    public ChainRoute Route => _route;

    /// <summary>Has images judged by another route's scope from now on; all else stays as the chain was opened.</summary>
    public void Rescope(ChainRoute wanted) => _route = _route.InScopeOf(wanted);

    public FileSampleStore Store { get; }

    public WaitingStore Awaiting { get; }

    /// <summary>Images of series that are not known to be whole.</summary>
    public WaitingStore Series { get; }

    public LabelBook Labels { get; }

    /// <summary>Waiting samples that are not also in the store, as they may be right after a crash.</summary>
    public int WaitingCount => Awaiting.All.Count(waiting => !Store.Contains(waiting.Id));

    /// <summary>Images of unfinished series that are not also in one of the other places, as they may be right after a crash.</summary>
    public int AssemblingCount => Series.All.Count(image => !Store.Contains(image.Id) && Awaiting.Find(image.Id) is null);

    public void Dispose()
    {
        Series.Dispose();
        Store.Dispose();
        Awaiting.Dispose();
    }
}
