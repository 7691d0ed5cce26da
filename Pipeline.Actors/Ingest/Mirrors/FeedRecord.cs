namespace Pipeline.Actors.Ingest.Mirrors;

/// <summary>One record of a sample file on its way to another node.</summary>
/// <param name="Next">Where the record behind it begins: the position of who has it.</param>
/// <param name="Bytes">As the store wrote it, not sealed.</param>
internal readonly record struct FeedRecord(long Next, ReadOnlyMemory<byte> Bytes);
