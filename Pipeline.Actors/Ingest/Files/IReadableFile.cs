namespace Pipeline.Actors.Ingest.Files;

/// <summary>A file read by offset, possibly while its one writer appends to it.</summary>
public interface IReadableFile : IDisposable
{
    long Length { get; }

    /// <returns>Bytes read, less than asked only at the end.</returns>
    int Read(long offset, Span<byte> into);
}
