namespace Pipeline.Actors.Ingest.Files;

/// <summary>
/// What a record's bytes pass on their way to the disk and back: the one place where they may be encrypted. The frame's length and checksum are over
/// the sealed bytes. Safe for several threads.
/// </summary>
internal interface IRecordSeal
{
    /// <summary>Bytes by which a sealed record is longer.</summary>
    int Overhead { get; }

    IReadOnlyList<ReadOnlyMemory<byte>> Seal(IReadOnlyList<ReadOnlyMemory<byte>> parts);

    /// <exception cref="IOException">The bytes were not sealed so, or were changed since.</exception>
    ReadOnlyMemory<byte> Open(ReadOnlyMemory<byte> bytes);
}
