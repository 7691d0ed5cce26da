using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;

namespace Pipeline.Host.Gateway;

/// <summary>
/// What travels on a link, one gRPC message each. First byte the kind; then for a hello its canonical bytes, for a goodbye UTF-8,
/// for a message the lane (1 byte), the chain id (32 bytes) and the ledger's own canonical bytes, which stay as they are.
/// </summary>
internal abstract record Frame
{
    public const int HeaderBytes = 1 + 1 + Digest.Size;

    /// <summary>No frame is larger (bytes); a longer one is refused by its declared length, before anything is allocated for it.</summary>
    public const int MaxBytes = HeaderBytes + ChainMessage.MaxBytes;

    private Frame() { }

    /// <summary>Who speaks, proved; the first frame each way.</summary>
    public sealed record Greeting(Hello Hello) : Frame;

    /// <summary>Canonical bytes of a chain.</summary>
    public sealed record Message(Digest ChainId, PeerLane Lane, byte[] Bytes) : Frame;

    /// <summary>The last frame: why the link ends.</summary>
    public sealed record Goodbye(string Reason) : Frame
    {
        public const int MaxReasonBytes = 512;
    }

    /// <summary>Bytes that are no frame; never sent.</summary>
    public sealed record Malformed(int Size, string Fault) : Frame;
}
