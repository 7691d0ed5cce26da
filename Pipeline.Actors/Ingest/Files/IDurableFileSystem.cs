namespace Pipeline.Actors.Ingest.Files;

/// <summary>The few operations durability rests on, so that tests can make the disk fail. Errors are <see cref="IOException"/>.</summary>
public interface IDurableFileSystem
{
    /// <summary>Opens for reading and appending; created when absent, readable by its owner alone.</summary>
    IDurableFile Open(string path);

    /// <summary>Makes creations, renames and deletions in a folder durable.</summary>
    void SyncFolder(string folder);

    void Delete(string path);

    /// <summary>Gives a file of the same folder another name, which is not taken. Durable behind <see cref="SyncFolder"/>.</summary>
    void Rename(string path, string name);

    /// <summary>Writes a whole file, flushed, under its final name or not at all.</summary>
    void Replace(string path, ReadOnlySpan<byte> content);

    /// <inheritdoc cref="Replace(string, ReadOnlySpan{byte})"/>
    /// <param name="content">Taken part by part, so that it is never whole in memory.</param>
    void Replace(string path, IEnumerable<ReadOnlyMemory<byte>> content);

    /// <summary>Bytes free to this process on the folder's file system.</summary>
    long FreeBytes(string folder);
}
