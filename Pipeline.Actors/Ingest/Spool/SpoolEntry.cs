using System.Buffers.Binary;
using System.Text;
using Pipeline.Actors.Dicom.Network;

namespace Pipeline.Actors.Ingest.Spool;

/// <summary>
/// What stands in a segment. The first byte is the kind, numbers are little endian:
/// <list type="bullet">
/// <item>1, an instance whole (the only kind that earlier builds wrote): what a commit has from its flags on without length, then the data set;</item>
/// <item>2, begin, first in each segment: run u64, the next sequence i64;</item>
/// <item>3, chunk: upload u64, then a part of a data set. Chunks of several uploads alternate, each upload's are in order;</item>
/// <item>4, commit: upload u64, length of the data set i64, flags (bit 0 conflict), sequence i64, received Unix ms i64, content (32: XXH128 and zeros; of earlier builds SHA-256), then calling AE,
/// called AE, SOP class, SOP instance and transfer syntax as length byte and ASCII;</item>
/// <item>5, abandon: upload u64.</item>
/// </list>
/// Uploads are numbered within a run of the program; what a run left open is void.
/// </summary>
internal abstract record SpoolEntry
{
    /// <summary>What stands before the data of a chunk (bytes).</summary>
    public const int ChunkHeader = 9;

    private const int CommitHeader = 17;
    private const int FixedLength = 1 + 8 + 8 + 32;

    private enum Kind : byte
    {
        Whole = 1,
        Begin = 2,
        Chunk = 3,
        Commit = 4,
        Abandon = 5,
    }

    public sealed record Whole(SpoolRecord Record) : SpoolEntry;

    public sealed record Begin(ulong Run, long NextSequence) : SpoolEntry;

    public sealed record Chunk(ulong Upload, ReadOnlyMemory<byte> Data) : SpoolEntry;

    /// <param name="Record">Without its data set.</param>
    public sealed record Commit(ulong Upload, long Length, SpoolRecord Record) : SpoolEntry;

    public sealed record Abandon(ulong Upload) : SpoolEntry;

    public static IReadOnlyList<ReadOnlyMemory<byte>> EncodeBegin(ulong run, long nextSequence)
    {
        byte[] entry = Numbered(Kind.Begin, run, 17);
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(9), nextSequence);
        return [entry];
    }

    public static IReadOnlyList<ReadOnlyMemory<byte>> EncodeChunk(ulong upload, ReadOnlyMemory<byte> data) =>
        [Numbered(Kind.Chunk, upload, ChunkHeader), data];

    public static IReadOnlyList<ReadOnlyMemory<byte>> EncodeAbandon(ulong upload) => [Numbered(Kind.Abandon, upload, ChunkHeader)];

    public static IReadOnlyList<ReadOnlyMemory<byte>> EncodeCommit(
        ulong upload, ReceivedInstance instance, long sequence, bool conflict, DateTimeOffset received)
    {
        string[] texts = [instance.CallingAe, instance.CalledAe, instance.SopClassUid, instance.SopInstanceUid, instance.TransferSyntaxUid];
        byte[] entry = Numbered(Kind.Commit, upload, CommitHeader + FixedLength + texts.Sum(text => 1 + Math.Min(255, text.Length)));
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(9), instance.Length);
        Span<byte> at = entry.AsSpan(CommitHeader);
        at[0] = conflict ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(at[1..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(at[9..], received.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteUInt128LittleEndian(at[17..], instance.Content);
        at = at[FixedLength..];
        foreach (string text in texts)
        {
            int length = Math.Min(255, text.Length);
            at[0] = (byte)length;
            Encoding.Latin1.GetBytes(text.AsSpan(0, length), at[1..]);
            at = at[(1 + length)..];
        }
        return [entry];
    }

    /// <param name="entry">Whole, its checksum verified.</param>
    /// <exception cref="InvalidDataException">Another kind, or too short.</exception>
    public static SpoolEntry Decode(ReadOnlyMemory<byte> entry)
    {
        ReadOnlySpan<byte> span = entry.Span;
        Kind kind = span.IsEmpty ? 0 : (Kind)span[0];
        if (kind == Kind.Whole)
            return new Whole(ReadRecord(entry, 1));
        if (kind is < Kind.Whole or > Kind.Abandon)
            throw new InvalidDataException($"A spool entry of kind {(byte)kind}; this build reads 1 to {(byte)Kind.Abandon}.");
        if (span.Length < (kind switch { Kind.Begin or Kind.Commit => CommitHeader, _ => ChunkHeader }))
            throw new InvalidDataException("A spool entry ends inside its header.");
        ulong number = BinaryPrimitives.ReadUInt64LittleEndian(span[1..]);
        return kind switch
        {
            Kind.Begin => new Begin(number, BinaryPrimitives.ReadInt64LittleEndian(span[9..])),
            Kind.Chunk => new Chunk(number, entry[ChunkHeader..]),
            Kind.Commit => new Commit(number, BinaryPrimitives.ReadInt64LittleEndian(span[9..]), ReadRecord(entry, CommitHeader)),
            _ => new Abandon(number),
        };
    }

    /// <summary>Whether an entry is a chunk, told from its first bytes.</summary>
    /// <param name="size">Of the whole entry.</param>
    public static bool IsChunk(ReadOnlySpan<byte> head, int size, out ulong upload)
    {
        bool chunk = size >= ChunkHeader && head[0] == (byte)Kind.Chunk;
        upload = chunk ? BinaryPrimitives.ReadUInt64LittleEndian(head[1..]) : 0;
        return chunk;
    }

    private static byte[] Numbered(Kind kind, ulong number, int length)
    {
        byte[] entry = new byte[length];
        entry[0] = (byte)kind;
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(1), number);
        return entry;
    }

    private static UInt128 ReadContent(ReadOnlySpan<byte> content) =>
        content[16..].ContainsAnyExcept((byte)0) ? RepeatIndex.Unknown : BinaryPrimitives.ReadUInt128LittleEndian(content);

    private static SpoolRecord ReadRecord(ReadOnlyMemory<byte> entry, int start)
    {
        ReadOnlySpan<byte> span = entry.Span;
        int at = start + FixedLength;
        string[] texts = new string[5];
        for (int i = 0; i < texts.Length; i++)
        {
            if (at >= span.Length || at + 1 + span[at] > span.Length)
                throw new InvalidDataException("A spool entry ends inside its header.");
            texts[i] = Encoding.Latin1.GetString(span.Slice(at + 1, span[at]));
            at += 1 + span[at];
        }
        ReadOnlySpan<byte> fixedPart = span[start..];
        return new SpoolRecord(
            BinaryPrimitives.ReadInt64LittleEndian(fixedPart[1..]), (fixedPart[0] & 1) != 0,
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(fixedPart[9..])), ReadContent(fixedPart.Slice(17, 32)),
            texts[0], texts[1], texts[2], texts[3], texts[4], entry[at..]);
    }
}
