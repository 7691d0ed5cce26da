using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Bridge;

/// <summary>What a channel has brought in since <paramref name="Start"/> (milliseconds since the Unix epoch).</summary>
public readonly record struct BridgeWindow(long Start, int Packets, long Bytes) : ICanonical<BridgeWindow>
{
    /// <summary>The window that <paramref name="time"/> falls in: a new one begins with the first packet after the last one's end.</summary>
    public BridgeWindow At(long time, BridgeLimits limits) => time - Start < limits.WindowMs ? this : new BridgeWindow(time, 0, 0);

    /// <summary>Whether a payload of so many bytes fits in; the window must be the one of now.</summary>
    public bool Takes(long bytes, BridgeLimits limits) => Packets < limits.Packets && bytes <= limits.Bytes - Bytes;

    public BridgeWindow Plus(long bytes) => this with { Packets = Packets + 1, Bytes = Bytes + bytes };

    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Int(Start).Int(Packets).Int(Bytes).EndArray();

    public static BridgeWindow ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var window = new BridgeWindow(reader.Int(0), reader.Int32(0), reader.Int(0));
        reader.EndArray();
        return window;
    }
}
