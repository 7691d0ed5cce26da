using Akka.Event;

namespace Pipeline.Host.Gateway;

/// <summary>Something that an operator should be able to read in the log.</summary>
/// <param name="Peer">A member, or an address where it has not proved which.</param>
public sealed record GatewayEvent(LogLevel Level, string Peer, string What)
{
    public override string ToString() => $"gateway: {Peer}: {What}";
}
