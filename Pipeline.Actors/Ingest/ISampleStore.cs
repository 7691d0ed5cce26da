namespace Pipeline.Actors.Ingest;

/// <summary>
/// The durable, de-identified training data of one chain at one site: the single source of truth of what was learned from. Safe for use
/// from several threads.
/// </summary>
public interface ISampleStore : IDisposable
{
    /// <summary>Samples held, by split and label: <c>counts[(int)split][label]</c>.</summary>
    IReadOnlyList<IReadOnlyList<int>> Counts { get; }

    /// <summary>Changes whenever samples come, go, or change their label: what was drawn under another version is out of date.</summary>
    long Version { get; }

    /// <summary>Appends and flushes to disk. The same id again with the same content is a no-op.</summary>
    /// <exception cref="IOException">The disk is full or refused.</exception>
    void Append(IReadOnlyList<Sample> samples);

    bool Contains(string id);

    /// <summary>Every sample of a split held at this moment, in the order they were stored.</summary>
    IReadOnlyList<Sample> Snapshot(DataSplit split);
}
