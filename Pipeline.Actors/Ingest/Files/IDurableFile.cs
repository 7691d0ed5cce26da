namespace Pipeline.Actors.Ingest.Files;

/// <summary>A file that is appended to and read back. Reading is safe beside one writer.</summary>
public interface IDurableFile : IReadableFile
{
    /// <summary>Writes the parts one behind the other from <paramref name="offset"/> on. Not durable before <see cref="Flush"/>.</summary>
    void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> parts);

    /// <summary>Begins to bring a range to the medium and does not wait, so that <see cref="Flush"/> finds less to do. Promises nothing.</summary>
    void BeginWriteBack(long offset, long length);

    /// <summary>
    /// Data and length on the medium (fdatasync). Several threads may flush at once; a failure of the medium is reported to each of them, as the kernel
    /// tells an error once to every open descriptor (errseq).
    /// </summary>
    void Flush();

    void Truncate(long length);
}
