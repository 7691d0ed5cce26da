using System.Buffers;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>An instance in the spool, as a cursor gives it.</summary>
/// <param name="Sequence">Counts every acknowledged instance of the site from 0.</param>
/// <param name="Conflict">The SOP Instance UID was held already with other bytes; it goes to quarantine.</param>
/// <param name="Content">As in <see cref="Dicom.Network.ReceivedInstance"/>; 0 where an earlier build received it.</param>
/// <param name="DataSet">The data set's bytes; only the first of one that is not <see cref="Whole"/>.</param>
public sealed record SpoolRecord(
    long Sequence, bool Conflict, DateTimeOffset Received, UInt128 Content, string CallingAe, string CalledAe, string SopClassUid,
    string SopInstanceUid, string TransferSyntaxUid, ReadOnlyMemory<byte> DataSet)
{
    /// <summary>Data sets above this are not held whole in memory (bytes).</summary>
    public const long MaxWholeBytes = 64L << 20;

    /// <summary>What is held of those: more than any header needs that is not a sequence of thousands of frames (bytes).</summary>
    public const int HeadBytes = 1 << 20;

    /// <summary>Of the data set (bytes).</summary>
    public long Length => Large?.Length ?? DataSet.Length;

    /// <summary>Whether <see cref="DataSet"/> is all of it.</summary>
    public bool Whole => Large is null;

    /// <summary>The data set's bytes in order; those of a large one are read as they are taken.</summary>
    /// <exception cref="IOException">While enumerating: a block is damaged on the medium.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Blocks => Large?.Blocks ?? [DataSet];

    /// <summary>Where all of it is, if only the head is in memory.</summary>
    internal (long Length, IEnumerable<ReadOnlyMemory<byte>> Blocks)? Large { get; init; }

    /// <summary>Of the shared array pool, what <see cref="DataSet"/> lies in; null where it lies in memory of its own.</summary>
    internal byte[]? Rented { get; init; }

    /// <summary>Reads what is missing of a data set that may be held whole; null where nothing is, or nothing may.</summary>
    internal Func<SpoolRecord>? Rest { get; init; }

    /// <summary>The record with all of its data set, as far as that may be held whole. The memory of both is to be given back.</summary>
    /// <exception cref="IOException">A block is damaged on the medium.</exception>
    internal SpoolRecord Complete() => Rest?.Invoke() ?? this;

    /// <summary>Gives the memory of the data set back; nothing may hold a slice of it any more. Whoever never calls it leaves it to the collector.</summary>
    internal void Release()
    {
        if (Rented is not null)
            ArrayPool<byte>.Shared.Return(Rented);
    }
}
