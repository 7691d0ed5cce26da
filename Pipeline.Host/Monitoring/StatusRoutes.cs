using System.Net.Mime;

namespace Pipeline.Host.Monitoring;

/// <summary>One thing that the status port answers.</summary>
/// <param name="Schema">Of the answer, in the OpenAPI document; null where it is no JSON of ours.</param>
/// <param name="Request">Schema of what is posted; null for what is read.</param>
internal sealed record StatusRoute(string Path, string Name, string Summary, string Answers, string MediaType, string? Schema, string? Request = null)
{
    /// <summary>Changes something: POST, where operations are on, with the operator's token.</summary>
    public bool IsOperation => Request is not null;

    /// <summary>Answered with 503 where it is not so, and open without a token where the configuration says so.</summary>
    public bool IsHealth => Path.StartsWith("/health/", StringComparison.Ordinal);
}

/// <summary>Everything that the status port answers; all else is not found.</summary>
internal static class StatusRoutes
{
    public const string Page = "/", Live = "/health/live", Ready = "/health/ready", ChainHealth = "/health/chains/{chain}", Metrics = "/metrics";
    public const string Status = "/api/v1/status", Chain = "/api/v1/chains/{chain}", Description = "/openapi.json";
    public const string Propose = "/api/v1/chains/{chain}/propose", Approve = "/api/v1/chains/{chain}/approve", Withdraw = "/api/v1/chains/{chain}/withdraw";
    public const string Quarantine = "/api/v1/quarantine", Erasures = "/api/v1/erasures";

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
        Operation(Propose, "propose", "Votes for an action of the chain's members, in the words of 'pipeline chain propose'.", "ChainWords"),
        Operation(Approve, "approve", "Votes for what another member has proposed; its name where there are several proposals.", "ChainWords"),
        Operation(Withdraw, "withdraw", "Takes part in no later round; with the one word 'erase' members delete this site's payloads.", "ChainWords"),
        Operation(Quarantine, "decideQuarantine", "Releases or drops instances in quarantine.", "QuarantineDecision"),
        Operation(Erasures, "erasePatient", "Erases a patient.", "PatientErasure"),
    ];

    private static StatusRoute Operation(string path, string name, string summary, string request) =>
        new(path, name, summary, "What was done.", MediaTypeNames.Application.Json, "OperationResult", request);
}
