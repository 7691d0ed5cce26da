using System.Buffers.Binary;
using Pipeline.Actors.Ingest.Storage;

namespace Pipeline.Actors.Ingest.Mirrors;

/// <summary>
/// A feed as bytes: first {writing 16, position i64}, then records {length u32, next i64, bytes}, little endian; cut into pieces at any place. One reader
/// of one feed.
/// </summary>
internal sealed class FeedFraming
{
    /// <summary>Of a piece: well below the frame limit of the links between nodes.</summary>
    public const int PieceBytes = 60_000;

    private const int BeginningLength = 16 + 8;
    private const int HeaderLength = 4 + 8;

    private byte[] _rest = [];
    private int _length;

    /// <summary>What the feed began with; null until it is whole.</summary>
    public (Guid Writing, long Position)? Beginning { get; private set; }

    public static byte[] Begin(Guid writing, long position)
    {
        var bytes = new byte[BeginningLength];
        writing.TryWriteBytes(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), position);
        return bytes;
    }

    public static IEnumerable<byte[]> Pieces(IReadOnlyList<FeedRecord> records)
    {
        var whole = new byte[records.Sum(record => HeaderLength + record.Bytes.Length)];
        int at = 0;
        foreach (var (next, bytes) in records)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(whole.AsSpan(at), (uint)bytes.Length);
            BinaryPrimitives.WriteInt64LittleEndian(whole.AsSpan(at + 4), next);
            bytes.Span.CopyTo(whole.AsSpan(at + HeaderLength));
            at += HeaderLength + bytes.Length;
        }

        return whole.Chunk(PieceBytes);
    }

    /// <summary>Takes the next piece; gives the records that are whole now.</summary>
    /// <exception cref="InvalidDataException">A record is longer than one may be.</exception>
    public IReadOnlyList<FeedRecord> Take(ReadOnlySpan<byte> piece)
    {
        Append(piece);
        int at = 0;
        if (Beginning is null)
        {
            if (_length < BeginningLength)
                return [];
            Beginning = (new Guid(_rest.AsSpan(0, 16)), BinaryPrimitives.ReadInt64LittleEndian(_rest.AsSpan(16)));
            at = BeginningLength;
        }

        var records = new List<FeedRecord>();
        while (_length - at >= HeaderLength)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(_rest.AsSpan(at));
            if (length is 0 || length > SampleRecord.MaxBytes)
                throw new InvalidDataException($"A record of {length} bytes in a feed of samples; one has 1 to {SampleRecord.MaxBytes}.");
            if (_length - at - HeaderLength < length)
                break;
            records.Add(new FeedRecord(BinaryPrimitives.ReadInt64LittleEndian(_rest.AsSpan(at + 4)), _rest.AsSpan(at + HeaderLength, (int)length).ToArray()));
            at += HeaderLength + (int)length;
        }

        _rest.AsSpan(at, _length - at).CopyTo(_rest);
        _length -= at;
        return records;
    }

    private void Append(ReadOnlySpan<byte> piece)
    {
        if (_rest.Length < _length + piece.Length)
            Array.Resize(ref _rest, Math.Max(2 * _rest.Length, _length + piece.Length));
        piece.CopyTo(_rest.AsSpan(_length));
        _length += piece.Length;
    }
}
