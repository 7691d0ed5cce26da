using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Host.Configuration;
using Pipeline.Host.Control;
using Pipeline.Host.Monitoring;
using Pipeline.Tests.Actors.Dicom;
using Xunit;

namespace Pipeline.Tests.Host.Monitoring;

/// <summary>Tokens of an identity provider at the status port: which are taken, for what, and what the others are answered.</summary>
public sealed class OidcTests : IAsyncLifetime, IDisposable
{
    private const string Minimal = "pipeline.site { name = north, data-directory = data }\n";
    private const string OperatorToken = "fedcba9876543210fedcba9876543210";

    private readonly TestFolder _folder = new();
    private readonly HttpClient _client = new();
    private IdentityProvider _provider = null!;
    private StatusServer _server = null!;

    public async Task InitializeAsync()
    {
        _provider = await IdentityProvider.StartAsync();
        _server = await ServeAsync(_provider.Authority);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _provider.DisposeAsync();
    }

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_reader_reads_and_an_operator_does_both_and_is_named_in_the_audit_log()
    {
        string reader = _provider.Token(new[] { "other", "reader" }), operators = _provider.Token(new[] { "operator" });
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(reader)).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(operators)).Status);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(operators)).Status);
        var (status, text, challenge) = await PostAsync(reader);
        Assert.Equal((HttpStatusCode.Forbidden, "Bearer error=\"insufficient_scope\""), (status, challenge));
        Assert.Contains("pipeline.status.oidc.operator-role", text, StringComparison.Ordinal);
        string audit = await File.ReadAllTextAsync(AuditLog.PathOf(_folder.Path));
        Assert.Contains("\"by\":\"status port, dr-operator\"", audit, StringComparison.Ordinal);
        Assert.DoesNotContain(operators.Split('.')[2], audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ports_own_tokens_go_on_to_count_beside_it()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(StatusServerTests.Token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(OperatorToken)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(StatusServerTests.Token)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync("a.b")).Status);
    }

    [Fact]
    public async Task What_is_wrong_with_a_token_is_said_and_it_opens_nothing()
    {
        using var other = RSA.Create(2048);
        foreach (var (token, fault) in new[]
        {
            (_provider.Token("reader", audience: "another-service"), "another audience"), (_provider.Token("reader", lifetime: TimeSpan.FromMinutes(-5)), "has expired"),
            (_provider.Token("reader", signedBy: other), "signed by no key"), (_provider.Token("reader", issuer: "https://elsewhere.example"), "another issuer"),
            (_provider.Forged("none"), "signed by no key"), (_provider.Forged("HS256"), "the token is signed by"), ("a.b.c", "cannot be read"), (new string('a', 20_000) + ".b.c", "longer than"),
        })
        {
            foreach (var (status, text, challenge) in new[] { await GetAsync(token), await PostAsync(token) })
            {
                Assert.True(status == HttpStatusCode.Unauthorized && text.Contains(fault, StringComparison.Ordinal), $"{fault}: {status} {text}");
                Assert.Equal("Bearer error=\"invalid_token\"", challenge);
            }
        }

        Assert.False(File.Exists(AuditLog.PathOf(_folder.Path)));
    }

    [Fact]
    public async Task A_valid_token_without_a_role_is_forbidden()
    {
        foreach (object? roles in new object?[] { null, "", new[] { "nurse" }, "readers", 7 })
        {
            var (status, text, _) = await GetAsync(_provider.Token(roles));
            Assert.Equal(HttpStatusCode.Forbidden, status);
            Assert.Contains("pipeline.status.oidc.reader-role", text, StringComparison.Ordinal);
        }

        // A role counts in the claim that is named, and nowhere else.
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(_provider.Token("reader", claim: "groups"))).Status);
    }

    [Fact]
    public async Task Keys_that_the_provider_changed_are_asked_for_again()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(_provider.Token("reader"))).Status);
        _provider.ChangeKeys();
        await Site.RunningSite.Until(async () => (await GetAsync(_provider.Token("reader"))).Status == HttpStatusCode.OK, () => "tokens by the new key are refused");
    }

    [Fact]
    public async Task A_provider_that_is_another_or_sends_its_keys_elsewhere_in_clear_or_does_not_answer_lets_nobody_in()
    {
        _provider.FalseIssuer = "https://elsewhere.example";
        Assert.Contains("keys of pipeline.status.oidc.authority cannot be had", (await GetAsync(_provider.Token("reader"))).Text, StringComparison.Ordinal);

        await using var insecure = await IdentityProvider.StartAsync();
        insecure.FalseKeys = "http://192.0.2.1/keys";
        await using var server = await ServeAsync(insecure.Authority);
        var (status, text, _) = await SendAsync(server, HttpMethod.Get, "/api/v1/status", insecure.Token("reader"));
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Contains("is no https address", text, StringComparison.Ordinal);

        await using var silent = await ServeAsync(new Uri("http://127.0.0.1:1"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(silent, HttpMethod.Get, "/api/v1/status", insecure.Token("reader"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(silent, HttpMethod.Get, "/api/v1/status", StatusServerTests.Token)).Status);
    }

    [Theory]
    [InlineData("""{ "roles": ["a", "b"] }""", "roles", "a b")]
    [InlineData("""{ "scope": "a b" }""", "scope", "a b")]
    [InlineData("""{ "realm_access": { "roles": ["a"] } }""", "realm_access.roles", "a")]
    [InlineData("""{ "https://site.example/roles": ["a"] }""", "https://site.example/roles", "a")]
    [InlineData("""{ "roles": { "a": true } }""", "roles", "")]
    [InlineData("""{ "roles": [1, null, ["a"]] }""", "roles", "")]
    [InlineData("""["roles"]""", "roles", "")]
    public void Roles_are_a_list_or_a_text_at_the_place_that_is_named(string claims, string claim, string roles)
    {
        using var payload = JsonDocument.Parse(claims);
        Assert.Equal(roles, string.Join(' ', OidcRoles.Of(payload.RootElement, claim).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("audience = a, reader-role = r", "authority", "missing")]
    [InlineData("operator-role = r", "authority", "missing")]
    [InlineData("authority = \"https://id.example\", reader-role = r", "audience", "any other service")]
    [InlineData("authority = \"https://id.example\", audience = a", "reader-role", "nobody comes in")]
    [InlineData("authority = \"https://id.example\", audience = a, reader-role = r, operator-role = r", "operator-role", "name two roles")]
    [InlineData("authority = \"https://id.example\", audience = a, reader-role = r, role-claim = \"\"", "role-claim", "missing")]
    [InlineData("authority = \"http://id.example\", audience = a, reader-role = r", "authority", "https")]
    [InlineData("authority = \"https://us:secret@id.example\", audience = a, reader-role = r", "authority", "https")]
    public void What_is_half_filled_is_a_mistake_of_the_configuration(string text, string key, string problem)
    {
        var result = SiteConfiguration.Parse(Minimal + "pipeline.status.oidc { " + text.Replace(", ", "\n", StringComparison.Ordinal) + " }", "site.conf", new Dictionary<string, string>(), out _);
        var error = Assert.Single(result.Errors);
        Assert.Equal($"pipeline.status.oidc.{key}", error.Key);
        Assert.Contains(problem, error.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_whole_is_taken_and_nothing_is_the_default()
    {
        Assert.Null(Parsed(""));
        Assert.Equal(
            new OidcSettings(new Uri("http://[::1]:8080/realms/x"), "a", "realm_access.roles", "", "op"),
            Parsed("pipeline.status.oidc { authority = \"http://[::1]:8080/realms/x\", audience = a, role-claim = \"realm_access.roles\", operator-role = op }"));

        static OidcSettings? Parsed(string text) =>
            SiteConfiguration.Parse(Minimal + text, "site.conf", new Dictionary<string, string>(), out _).Configuration!.Site.Status.Oidc;
    }

    private Task<StatusServer> ServeAsync(Uri authority)
    {
        var desk = new OperatorDesk(
            _folder.Path, new SiteKey(new byte[32]), new AuditLog(_folder.Path, new DiskFileSystem()),
            (_, _) => Task.FromResult(new ControlResponse(true, ["done"])), _ => { }, TimeProvider.System, default);
        var settings = new StatusSettings(true, new IPEndPoint(IPAddress.Loopback, 0), "", "", null, null, true, TimeSpan.FromSeconds(1), null)
        {
            Oidc = new OidcSettings(authority, IdentityProvider.Audience, "roles", "reader", "operator"),
        };
        return StatusServer.StartAsync(settings, null, new StatusToken(StatusServerTests.Token), () => SampleSite.Status, (new StatusToken(OperatorToken), desk), default);
    }

    private Task<(HttpStatusCode Status, string Text, string Challenge)> GetAsync(string token) => SendAsync(_server, HttpMethod.Get, "/api/v1/status", token);

    private Task<(HttpStatusCode Status, string Text, string Challenge)> PostAsync(string token) =>
        SendAsync(_server, HttpMethod.Post, "/api/v1/chains/chest/propose", token);

    private async Task<(HttpStatusCode Status, string Text, string Challenge)> SendAsync(StatusServer server, HttpMethod method, string path, string token)
    {
        using var request = new HttpRequestMessage(method, new Uri(server.Address, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (method == HttpMethod.Post)
            request.Content = new StringContent("""{ "words": ["pause"] }""", Encoding.UTF8, "application/json");
        using var response = await _client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.WwwAuthenticate.ToString());
    }
}
