using System.Buffers.Binary;
using Akka.Streams;

namespace Pipeline.Host.Cluster;

/// <summary>Frames {length i32 little endian, bytes} of a stream of pieces. One reader of one stream.</summary>
/// <param name="limit">No longer frame is allocated (bytes).</param>
internal sealed class GradientFraming(int limit)
{
    /// <summary>Pieces that may be on their way to a reader: with few, each megabyte waits for the reader's word that there is room.</summary>
    public static Attributes Ahead { get; } = StreamRefAttributes.CreateBufferCapacity(128);

    private readonly byte[] _header = new byte[4];
    private int _headed;
    private byte[] _frame = [];
    private int _read;

    /// <summary>Pieces of one size: what Akka.Remote sends at the end of a frame would wait for company if it were small.</summary>
    public static IEnumerable<byte[]> Pieces(byte[] frame)
    {
        int count = (4 + frame.Length + Bulk.PieceBytes - 1) / Bulk.PieceBytes, size = (4 + frame.Length + count - 1) / count;
        int first = Math.Min(frame.Length, size - 4);
        var head = new byte[4 + first];
        BinaryPrimitives.WriteInt32LittleEndian(head, frame.Length);
        frame.AsSpan(0, first).CopyTo(head.AsSpan(4));
        yield return head;
        for (int at = first; at < frame.Length; at += size)
            yield return frame[at..Math.Min(frame.Length, at + size)];
    }

    /// <summary>Takes the next piece; gives the frames that are whole now.</summary>
    /// <exception cref="InvalidDataException">A frame is longer than one may be.</exception>
    public IReadOnlyList<byte[]> Take(byte[] piece)
    {
        List<byte[]>? whole = null;
        for (int at = 0; at < piece.Length;)
        {
            if (_headed < _header.Length)
            {
                _header[_headed++] = piece[at++];
                if (_headed == _header.Length)
                    Begin(BinaryPrimitives.ReadInt32LittleEndian(_header));
                continue;
            }

            int count = Math.Min(piece.Length - at, _frame.Length - _read);
            piece.AsSpan(at, count).CopyTo(_frame.AsSpan(_read));
            (at, _read) = (at + count, _read + count);
            if (_read < _frame.Length)
                continue;
            (whole ??= []).Add(_frame);
            (_frame, _read, _headed) = ([], 0, 0);
        }

        return whole ?? (IReadOnlyList<byte[]>)[];
    }

    private void Begin(int length)
    {
        if (length < 1 || length > limit)
            throw new InvalidDataException($"a frame of {length} bytes of another node where {limit} are the most");
        (_frame, _read) = (GC.AllocateUninitializedArray<byte>(length), 0);
    }
}
