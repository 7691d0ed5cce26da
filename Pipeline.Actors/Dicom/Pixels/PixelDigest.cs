using System.Security.Cryptography;

namespace Pipeline.Actors.Dicom.Pixels;

/// <summary>SHA-256 of Pixel Data as it would stand uncompressed, frame by frame.</summary>
public sealed class PixelDigest : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _length;
    private int _pending;
    private int _pendingBits;

    /// <summary>Takes a frame; frames of single bits follow each other without padding (PS3.5 8.1.1).</summary>
    public void Append(NativePixels frame)
    {
        PixelFormat format = frame.Format;
        int bits = format.BitsAllocated == 1 ? (int)(format.FrameSamples % 8) : 0;
        if (bits == 0 && _pendingBits == 0)
            Append(frame.Bytes);
        else
            AppendBits(frame.Bytes.Span, format.FrameSamples);
    }

    /// <summary>Takes bytes as they are.</summary>
    public void Append(ReadOnlyMemory<byte> bytes)
    {
        Flush();
        Take(bytes.Span);
    }

    /// <summary>Lower-case hex; an odd length is padded with a zero.</summary>
    public string Finish()
    {
        Flush();
        if (_length % 2 != 0)
            Take([0]);
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    public void Dispose() => _hash.Dispose();

    private void AppendBits(ReadOnlySpan<byte> packed, long count)
    {
        Span<byte> one = stackalloc byte[1];
        for (long i = 0; i < count; i++)
        {
            _pending |= ((packed[(int)(i >> 3)] >> (int)(i & 7)) & 1) << _pendingBits;
            if (++_pendingBits == 8)
            {
                one[0] = (byte)_pending;
                Take(one);
                (_pending, _pendingBits) = (0, 0);
            }
        }
    }

    private void Flush()
    {
        if (_pendingBits == 0)
            return;
        Take([(byte)_pending]);
        (_pending, _pendingBits) = (0, 0);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        _length += bytes.Length;
    }
}
