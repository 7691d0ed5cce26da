using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Pipeline.Tests.Host.Site;

/// <summary>An operator at the status port of a running site, with the token that the site made.</summary>
internal sealed partial class OperatorClient : IDisposable
{
    private readonly HttpClient _client;

    public OperatorClient(Uri address, string token)
    {
        _client = new HttpClient { BaseAddress = address };
        Bearer = new AuthenticationHeaderValue("Bearer", token);
    }

    public AuthenticationHeaderValue Bearer { get; }

    public string TokenFile { get; private init; } = "";

    public string OperatorTokenFile { get; private init; } = "";

    public static async Task<OperatorClient> ConnectAsync(RunningSite site)
    {
        await RunningSite.Until(() => Told().IsMatch(site.Output), () => $"the status port does not open; the site printed: {site.Output}");
        var told = Told().Match(site.Output);
        string file = told.Groups[3].Value;
        return new OperatorClient(new Uri(told.Groups[1].Value), (await File.ReadAllTextAsync(file)).Trim()) { TokenFile = told.Groups[2].Value, OperatorTokenFile = file };
    }

    /// <returns>What it answered with 200.</returns>
    public async Task<string> Done(string path, string body)
    {
        var (code, text) = await PostAsync(path, body);
        Assert.True(code == 200, text);
        return text;
    }

    public async Task Refused(int code, string why, string path, string body)
    {
        var (given, text) = await PostAsync(path, body);
        Assert.True(code == given, $"{given}: {text}");
        Assert.Contains(why, JsonNode.Parse(text)!["lines"]![0]!.GetValue<string>(), StringComparison.Ordinal);
    }

    /// <param name="shown">The operator's token where null.</param>
    public async Task<(int Code, string Text)> PostAsync(string path, string body, AuthenticationHeaderValue? shown = null, CancellationToken stop = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/v1/" + path, UriKind.Relative)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = shown ?? Bearer;
        // A body that is refused for its length is not sent, so that the answer is not lost with the connection.
        request.Headers.ExpectContinue = body.Length > 1 << 16;
        using var answer = await _client.SendAsync(request, stop);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(stop));
    }

    public async Task<string> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/api/v1/" + path, UriKind.Relative));
        request.Headers.Authorization = Bearer;
        using var answer = await _client.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    public void Dispose() => _client.Dispose();

    [GeneratedRegex(@"status at (\S+); its token is in (\S+), that of operators in (\S+)")]
    private static partial Regex Told();
}
