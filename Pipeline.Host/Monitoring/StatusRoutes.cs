using System.Net.Mime;

namespace Pipeline.Host.Monitoring;

/// <summary>One thing that the status port answers.</summary>
/// <param name="Schema">Of the answer, in the OpenAPI document; null where it is no JSON of ours.</param>
internal sealed record StatusRoute(string Path, string Name, string Summary, string Answers, string MediaType, string? Schema)
{
    /// <summary>Answered with 503 where it is not so, and open without a token where the configuration says so.</summary>
    public bool IsHealth => Path.StartsWith("/health/", StringComparison.Ordinal);
}

/// <summary>Everything that the status port answers; all else is not found.</summary>
internal static class StatusRoutes
{
    public const string Page = "/", Live = "/health/live", Ready = "/health/ready", ChainHealth = "/health/chains/{chain}", Metrics = "/metrics";
    public const string Status = "/api/v1/status", Chain = "/api/v1/chains/{chain}", Description = "/openapi.json";

    public static IReadOnlyList<StatusRoute> All { get; } =
    [
        new(Page, "page", "The status page, for people.", "The page.", MediaTypeNames.Text.Html, null),
        new(Live, "live", "Whether the process works; restart it where it does not.", "It does.", MediaTypeNames.Application.Json, "Health"),
        new(Ready, "ready", "Whether the site takes images and follows its chains.", "It does.", MediaTypeNames.Application.Json, "Health"),
        new(ChainHealth, "chainHealth", "Whether one chain is followed.", "It is.", MediaTypeNames.Application.Json, "Health"),
        new(Metrics, "metrics", "Figures in the text format of Prometheus.", "The figures.", MediaTypeNames.Text.Plain, null),
        new(Status, "status", "Everything about the site.", "The site at the last look.", MediaTypeNames.Application.Json, "SiteStatus"),
        new(Chain, "chain", "Everything about one chain.", "The chain at the last look.", MediaTypeNames.Application.Json, "ChainState"),
        new(Description, "openapi", "This description.", "The description.", MediaTypeNames.Application.Json, null),
    ];
}
