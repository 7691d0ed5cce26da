namespace Pipeline.Host.Monitoring;

/// <summary>An answer to an orchestrator or a load balancer.</summary>
/// <param name="Healthy">Also told by the status code: 200, else 503.</param>
/// <param name="Reason">Null where it is healthy. Without the token no more than which check failed.</param>
public sealed record Health(bool Healthy, string? Reason)
{
    public static Health Live(SiteStatus status) => new(status.Live, status.Live ? null : "not live");

    public static Health Ready(SiteStatus status) => new(status.Ready, status.Ready ? null : !status.Live ? "not live" : status.Spool.Obstruction is not null ? "no instance is taken" : "a chain is not followed");

    /// <returns>Null where there is no such chain.</returns>
    public static Health? OfChain(SiteStatus status, string name) => status.Chains.FirstOrDefault(chain => chain.Name == name) is { } chain
        ? new Health(chain is { Joined: true, Healthy: true } or { Elsewhere: true }, chain.Joined ? chain.Healthy ? null : chain.Syncing ? "behind" : "no answer" : chain.Elsewhere ? null : "no genesis")
        : null;
}
