using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Pipeline.Actors.Privacy;

/// <summary>Noise from the operating system's cryptographic generator: what a site uses. Not thread-safe.</summary>
public sealed class CryptographicNoise : IPrivacyNoise
{
    private readonly byte[] _buffer = new byte[1 << 14];
    private int _next = 1 << 14;

    public ulong NextUInt64()
    {
        if (_next == _buffer.Length)
        {
            RandomNumberGenerator.Fill(_buffer);
            _next = 0;
        }

        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_buffer.AsSpan(_next));
        // What was used is not kept: a memory dump later must not give the noise away.
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(_next), 0);
        _next += sizeof(ulong);
        return value;
    }
}
