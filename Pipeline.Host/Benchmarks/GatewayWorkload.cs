namespace Pipeline.Host.Benchmarks;

/// <summary>How much the benchmark of the gateway does.</summary>
/// <param name="PayloadBytes">Of the payload that goes to each peer.</param>
/// <param name="Peers">That it goes to at once.</param>
/// <param name="Repetitions">Transfers, each beside one over bare TLS.</param>
/// <param name="Members">Of the chain that makes blocks.</param>
/// <param name="Blocks">That it makes.</param>
/// <param name="BlockIntervalMs">Pause after each (milliseconds).</param>
/// <param name="Headers">Certified headers verified.</param>
public sealed record GatewayWorkload(int PayloadBytes, int Peers, int Repetitions, int Members, int Blocks, int BlockIntervalMs, int Headers)
{
    public static GatewayWorkload Full { get; } = new(20_000_000, 3, 15, 30, 15, 2000, 1000);

    public static GatewayWorkload Quick { get; } = Full with { Repetitions = 5, Blocks = 5, Headers = 300 };
}
