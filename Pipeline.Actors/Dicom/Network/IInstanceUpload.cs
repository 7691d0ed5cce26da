namespace Pipeline.Actors.Dicom.Network;

/// <summary>An instance that is kept while it arrives. One caller at a time, and every upload ends in a commit or is abandoned.</summary>
public interface IInstanceUpload
{
    /// <summary>Takes the next bytes of the data set.</summary>
    /// <param name="buffer">Of the shared array pool; from now on the upload's own.</param>
    /// <returns>Ends when the next may come: back-pressure.</returns>
    Task AppendAsync(byte[] buffer, int length);

    /// <summary>Ends once the instance is durable, or has failed to become so. Faults of the disk are a status, not an exception.</summary>
    Task<DimseStatus> CommitAsync(ReceivedInstance instance);

    /// <summary>Nothing of it is kept.</summary>
    void Abandon();
}
