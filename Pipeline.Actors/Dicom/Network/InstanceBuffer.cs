using System.Security.Cryptography;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>Collects a data set from fragments of any size. Copies into blocks, so a peer that sends single bytes costs no more than their sum.</summary>
internal sealed class InstanceBuffer(long cap) : IDisposable
{
    private const int BlockSize = 65536;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<ReadOnlyMemory<byte>> _full = [];
    private byte[] _block = new byte[BlockSize];
    private int _used;

    public long Length { get; private set; }

    /// <summary>The cap was passed; the content is dropped and further bytes are only counted.</summary>
    public bool Overflowed { get; private set; }

    public void Append(ReadOnlySpan<byte> data)
    {
        Length += data.Length;
        if (Overflowed || Length > cap)
        {
            Overflowed = true;
            _full.Clear();
            _block = [];
            _used = 0;
            return;
        }
        _hash.AppendData(data);
        while (!data.IsEmpty)
        {
            if (_used == _block.Length)
            {
                _full.Add(_block);
                (_block, _used) = (new byte[BlockSize], 0);
            }
            int count = Math.Min(data.Length, _block.Length - _used);
            data[..count].CopyTo(_block.AsSpan(_used));
            _used += count;
            data = data[count..];
        }
    }

    /// <summary>The first bytes, up to a block: enough for the header's identifying elements.</summary>
    public ReadOnlyMemory<byte> Head => _full.Count > 0 ? _full[0] : _block.AsMemory(0, _used);

    public (IReadOnlyList<ReadOnlyMemory<byte>> Blocks, byte[] Sha256) Finish()
    {
        if (_used > 0)
            _full.Add(_block.AsMemory(0, _used));
        return (_full, _hash.GetHashAndReset());
    }

    public void Dispose() => _hash.Dispose();
}
