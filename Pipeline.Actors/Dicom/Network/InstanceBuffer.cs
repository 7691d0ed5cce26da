using System.Buffers;
using System.IO.Compression;
using System.IO.Hashing;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>
/// Gathers the fragments of a data set into blocks for the store, whatever size a peer cuts them to, and keeps the head for a look at it on the way.
/// </summary>
/// <param name="cap">Bytes beyond which the rest is only counted.</param>
internal sealed class InstanceBuffer(long cap) : IDisposable
{
    public const int BlockSize = 262144;
    private const int HeadSize = 16384;

    private readonly XxHash128 _hash = new();
    private readonly MemoryStream _head = new();
    private byte[]? _block;
    private int _used;

    public long Length { get; private set; }

    public bool Overflowed => Length > cap;

    /// <summary>Whether nothing further comes into the head.</summary>
    public bool HasHead => _head.Length >= HeadSize;

    /// <summary>Whether somebody has looked at the head.</summary>
    public bool Judged { get; set; }

    /// <summary>Why the instance will be refused; its bytes are only counted then.</summary>
    public DimseStatus? Refusal { get; set; }

    /// <summary>Takes a fragment and gives the blocks that it fills, of the shared array pool.</summary>
    public void Append(ReadOnlySpan<byte> data, Action<byte[], int> full)
    {
        Length += data.Length;
        if (Refusal is not null || Overflowed)
            return;
        _hash.Append(data);
        if (!HasHead)
            _head.Write(data[..(int)Math.Min(data.Length, HeadSize - _head.Length)]);
        while (!data.IsEmpty)
        {
            _block ??= ArrayPool<byte>.Shared.Rent(BlockSize);
            int count = Math.Min(data.Length, BlockSize - _used);
            data[..count].CopyTo(_block.AsSpan(_used));
            _used += count;
            data = data[count..];
            if (_used == BlockSize)
                Give(full);
        }
    }

    /// <summary>The first bytes: enough for the identifying elements.</summary>
    /// <param name="deflated">Whether they are inflated first (PS3.5 A.5).</param>
    public ReadOnlyMemory<byte> Head(bool deflated)
    {
        ReadOnlyMemory<byte> head = _head.GetBuffer().AsMemory(0, (int)_head.Length);
        if (!deflated)
            return head;
        byte[] inflated = new byte[HeadSize];
        int used = 0;
        try
        {
            using var source = new DeflateStream(new MemoryStream(_head.ToArray()), CompressionMode.Decompress);
            while (used < inflated.Length && source.Read(inflated.AsSpan(used)) is > 0 and int count)
                used += count;
        }
        catch (InvalidDataException)
        {
            // What came out so far is what there is to look at.
        }
        return inflated.AsMemory(0, used);
    }

    /// <summary>Gives the last block.</summary>
    /// <returns>XXH128 of everything.</returns>
    public UInt128 Finish(Action<byte[], int> last)
    {
        if (_used > 0)
            Give(last);
        return _hash.GetCurrentHashAsUInt128();
    }

    public void Dispose()
    {
        if (_block is not null)
            ArrayPool<byte>.Shared.Return(_block);
        _block = null;
        _head.Dispose();
    }

    private void Give(Action<byte[], int> to)
    {
        (byte[] block, int used) = (_block!, _used);
        (_block, _used) = (null, 0);
        to(block, used);
    }
}
