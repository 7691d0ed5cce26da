namespace Pipeline.Host.Configuration;

/// <summary>The gateway's patience.</summary>
/// <param name="Connect">TCP and TLS of a dialled link, and TLS of an accepted one.</param>
/// <param name="Hello">From TLS to the peer's verified hello.</param>
/// <param name="KeepAliveInterval">A link without traffic for so long is probed.</param>
/// <param name="KeepAliveAnswer">A probe without an answer for so long ends the link.</param>
/// <param name="Stall">A peer that takes nothing for so long, while something waits for it, is disconnected.</param>
/// <param name="DialAgain">The first pause after a failed or ended link; doubled each time, with jitter.</param>
/// <param name="LongestDialAgain">No pause is longer.</param>
/// <param name="Status">The links are logged this often.</param>
public sealed record GatewayTimeouts(
    TimeSpan Connect, TimeSpan Hello, TimeSpan KeepAliveInterval, TimeSpan KeepAliveAnswer, TimeSpan Stall, TimeSpan DialAgain, TimeSpan LongestDialAgain,
    TimeSpan Status)
{
    internal static GatewayTimeouts Create(SettingsReader reader) => new(
        reader.Duration("pipeline.gateway.connect-timeout", "1s", "5m"),
        reader.Duration("pipeline.gateway.hello-timeout", "1s", "5m"),
        reader.Duration("pipeline.gateway.keep-alive-interval", "1s", "10m"),
        reader.Duration("pipeline.gateway.keep-alive-timeout", "1s", "10m"),
        reader.Duration("pipeline.gateway.stall-timeout", "1s", "10m"),
        reader.Duration("pipeline.gateway.dial-again", "10ms", "10m"),
        reader.Duration("pipeline.gateway.longest-dial-again", "10ms", "1d"),
        reader.Duration("pipeline.gateway.status-interval", "1s", "1d"));
}
