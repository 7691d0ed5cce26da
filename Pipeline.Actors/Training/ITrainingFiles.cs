namespace Pipeline.Actors.Training;

/// <summary>
/// Where a site of several nodes keeps what its training must remember, so that it outlives the node. Whoever fetched last goes on; whoever fetched before
/// can keep nothing any more. Called on the training actor's thread.
/// </summary>
public interface ITrainingFiles
{
    /// <summary>Puts the kept files in the place of those in a folder; one that was never kept is deleted there.</summary>
    /// <exception cref="IOException">They cannot be had now.</exception>
    void Fetch(string folder);

    /// <summary>Keeps a file as it is now; durable for the site when it returns.</summary>
    /// <exception cref="IOException">It could not be kept, or another node has gone on meanwhile.</exception>
    void Keep(string file);
}
