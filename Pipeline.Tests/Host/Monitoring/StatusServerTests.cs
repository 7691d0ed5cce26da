using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NJsonSchema;
using Pipeline.Host.Configuration;
using Pipeline.Host.Monitoring;
using Xunit;

namespace Pipeline.Tests.Host.Monitoring;

/// <summary>The status port by itself: who may read, and that what it says is what its descriptions say.</summary>
public sealed partial class StatusServerTests : IAsyncLifetime, IDisposable
{
    internal const string Token = "0123456789abcdef0123456789abcdef";

    private readonly HttpClient _client = new();
    private StatusServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await StartAsync(openHealth: true, () => SampleSite.Status);
        _client.BaseAddress = _server.Address;
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _client.Dispose();

    internal static Task<StatusServer> StartAsync(bool openHealth, Func<SiteStatus> latest) => StatusServer.StartAsync(
        new StatusSettings(true, new IPEndPoint(IPAddress.Loopback, 0), "", null, null, null, openHealth, TimeSpan.FromSeconds(1), null), null, new StatusToken(Token), latest, null, default);

    [Fact]
    public async Task Nobody_reads_anything_but_health_without_the_token()
    {
        string[] credentials = ["", "Bearer " + Token[1..], "Bearer", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Token}:x")), "Basic !", $"Digest {Token}"];
        foreach (var route in StatusRoutes.All.Where(route => route is { IsHealth: false, IsOperation: false }))
        {
            foreach (string credential in credentials)
                Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(HttpMethod.Get, Concrete(route), credential)).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(HttpMethod.Get, Concrete(route), $"Bearer {Token}")).StatusCode);
        }

        var page = await AskAsync(HttpMethod.Get, "/", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"me:{Token}")));
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(HttpMethod.Get, "/absent", "")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(HttpMethod.Get, "/absent", $"Bearer {Token}")).StatusCode);
        foreach (var method in new[] { HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete })
            Assert.Equal(HttpStatusCode.MethodNotAllowed, (await AskAsync(method, "/api/v1/status", $"Bearer {Token}")).StatusCode);
        // Operations are off here.
        foreach (var route in StatusRoutes.All.Where(route => route.IsOperation))
            Assert.Equal(HttpStatusCode.MethodNotAllowed, (await AskAsync(HttpMethod.Post, Concrete(route), $"Bearer {Token}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(HttpMethod.Get, StatusRoutes.Live, "")).StatusCode);
        await using var closed = await StartAsync(openHealth: false, () => SampleSite.Status);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(closed.Address, StatusRoutes.Live));
        using var client = new HttpClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Health_tells_of_the_process_of_the_site_and_of_each_chain()
    {
        Assert.Equal(200, await CodeAsync("/health/live"));
        // One chain of the sample is behind.
        Assert.Equal(503, await CodeAsync("/health/ready"));
        Assert.Equal(200, await CodeAsync("/health/chains/chest-opacity"));
        Assert.Equal(503, await CodeAsync("/health/chains/bone-age"));
        Assert.Equal(503, await CodeAsync("/health/chains/ct-nodule"));
        Assert.Equal(404, await CodeAsync("/health/chains/absent"));
        var well = SampleSite.Status with { Chains = [SampleSite.Status.Chains[0], SampleSite.Status.Chains[2]] };
        Assert.True(Health.Ready(well).Healthy);
        Assert.Equal(new Health(false, "no instance is taken"), Health.Ready(well with { Spool = new SpoolState(1, 1, "full") }));
        Assert.Equal(new Health(false, "not live"), Health.Live(well with { Live = false }));
    }

    [Fact]
    public async Task The_metrics_are_those_that_the_reference_lists()
    {
        string text = await _client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        var exported = TypeLine().Matches(text).Select(m => (Name: m.Groups[1].Value, Kind: m.Groups[2].Value)).Where(m => m.Name.StartsWith("pipeline_", StringComparison.Ordinal)).ToArray();
        Assert.Equal(SiteMetrics.Exported.Select(m => (m.Name, m.Kind)).Order(), exported.Order());
        Assert.Contains("pipeline_ingest_instances{", text, StringComparison.Ordinal);
        Assert.Matches(@"pipeline_chain_height\{[^}]*chain=""chest-opacity""[^}]*\} 18422\b", text);
        Assert.Matches(@"pipeline_gateway_link_up\{[^}]*peer=""west-hospital""[^}]*\} 0\b", text);
        Assert.Contains("dotnet_", text, StringComparison.Ordinal);
        string reference = await File.ReadAllTextAsync(Path.Combine(Repository.Folder("docs"), "reference", "metrics.md"));
        var rows = ReferenceRow().Matches(reference).Select(m => (m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value)).ToArray();
        Assert.Equal(SiteMetrics.Exported.Select(m => (m.Name, m.Kind, m.Meaning)), rows);
    }

    [Fact]
    public async Task Dashboard_and_alerts_ask_only_for_metrics_that_there_are()
    {
        string folder = Path.Combine(Repository.Folder("docker"), "grafana");
        var known = SiteMetrics.Exported.Select(m => m.Name).ToHashSet();
        foreach (string file in new[] { "dashboard.json", "alerts.yaml" })
        {
            string text = await File.ReadAllTextAsync(Path.Combine(folder, file));
            string[] asked = [.. MetricName().Matches(text).Select(m => m.Value).Distinct()];
            Assert.True(asked.Length >= 8, $"{file} asks for {asked.Length} metrics");
            Assert.Empty(asked.Except(known));
        }

        var panels = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "dashboard.json")))!["panels"]!.AsArray();
        Assert.All(panels, panel => Assert.False(string.IsNullOrEmpty(panel!["title"]?.GetValue<string>())));
    }

    [Fact]
    public async Task The_description_has_every_path_and_the_answers_fit_its_schemas()
    {
        var document = JsonNode.Parse(await _client.GetStringAsync(new Uri(StatusRoutes.Description, UriKind.Relative)))!;
        Assert.Equal(StatusRoutes.All.Select(route => route.Path).Order(), document["paths"]!.AsObject().Select(path => path.Key).Order());
        foreach (var route in StatusRoutes.All.Where(route => route is { Schema: not null, IsOperation: false }))
        {
            var schema = await JsonSchema.FromJsonAsync(document["components"]!["schemas"]![route.Schema!]!.ToJsonString());
            using var answer = await _client.GetAsync(new Uri(Concrete(route), UriKind.Relative));
            string text = await answer.Content.ReadAsStringAsync();
            Assert.Empty(schema.Validate(text));
            Assert.NotEmpty(schema.Validate("""{ "site": 5, "name": 5, "healthy": 5 }"""));
        }

        foreach (var route in StatusRoutes.All.Where(route => route.IsOperation))
        {
            var operation = document["paths"]![route.Path]!["post"]!;
            Assert.Equal($"#/components/schemas/{route.Request}", operation["requestBody"]!["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>());
            Assert.NotNull(document["components"]!["schemas"]![route.Request!]);
        }
    }

    [Fact]
    public void The_page_loads_nothing_runs_nothing_and_encodes_what_others_named()
    {
        string page = StatusPage.Render(SampleSite.Status with { Problems = ["<script>alert(1)</script>"], Chains = [SampleSite.Status.Chains[0] with { Learner = new LearnerTotals(0, 0, 0, 0, 0) { Activity = "<b>&" } }] });
        Assert.DoesNotMatch("(?i)<script|<link|<img|@import|url\\(|src=|https?://", page);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&amp;", page, StringComparison.Ordinal);
        Assert.Contains("<polyline class=\"loss\"", page, StringComparison.Ordinal);
        Assert.Equal("", RoundCurve.Render([], 3));
        Assert.Contains("round 1", RoundCurve.Render([new RoundPoint(1, null, null, 0)], 3), StringComparison.Ordinal);
    }

    private static string Concrete(StatusRoute route) => route.Path.Replace("{chain}", "chest-opacity", StringComparison.Ordinal);

    private async Task<int> CodeAsync(string path)
    {
        using var answer = await AskAsync(HttpMethod.Get, path, "");
        return (int)answer.StatusCode;
    }

    private async Task<HttpResponseMessage> AskAsync(HttpMethod method, string path, string authorization)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(method, new Uri(_server.Address, path));
        if (authorization.Length > 0)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await client.SendAsync(request);
    }

    [GeneratedRegex(@"^# TYPE (\S+) (\S+)$", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^\| `(pipeline_\w+)` \| (\w+) \| (.*?) \|$", RegexOptions.Multiline)]
    private static partial Regex ReferenceRow();

    [GeneratedRegex(@"\bpipeline_[a-z_]+\b")]
    private static partial Regex MetricName();
}
