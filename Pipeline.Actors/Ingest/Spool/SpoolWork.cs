using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>What uploads give the spool's writer, in their order.</summary>
internal abstract record SpoolWork(SpoolUpload Upload)
{
    /// <param name="Buffer">Of the shared array pool; the writer gives it back.</param>
    public sealed record Chunk(SpoolUpload Upload, byte[] Buffer, int Length) : SpoolWork(Upload);

    public sealed record Commit(SpoolUpload Upload, ReceivedInstance Instance) : SpoolWork(Upload)
    {
        public TaskCompletionSource<DimseStatus> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public sealed record Abandon(SpoolUpload Upload) : SpoolWork(Upload);
}
