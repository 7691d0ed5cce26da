using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pipeline.Host.Commands;
using Pipeline.Host.Monitoring;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Pipeline.Tests.Host.Site;
using Xunit;

namespace Pipeline.Tests.Host.Monitoring;

/// <summary>The status of a site that runs, by the port and by the control socket.</summary>
public sealed partial class SiteStatusTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly TestTerminal _terminal = new();

    public void Dispose()
    {
        _terminal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_running_site_tells_what_came_in_and_keeps_its_token_to_itself()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, """
            pipeline.status { enabled = on, listen = "127.0.0.1:0", refresh-interval = 100ms }
            pipeline.chains.chest { ae-title = CHEST }
            """);
        await RunningSite.Until(() => StatusAt().IsMatch(site.Output), () => $"no status port; it printed: {site.Output}");
        var address = new Uri(StatusAt().Match(site.Output).Groups[1].Value);
        string tokenFile = Path.Combine(site.DataDirectory, "keys", "status.token"), token = StatusToken.Read(tokenFile);
        Assert.True(IPAddress.IsLoopback(IPAddress.Parse(address.Host)));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(tokenFile));

        using var client = new HttpClient { BaseAddress = address };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(new Uri("/", UriKind.Relative))).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        await using (var association = (await site.CallAsync("CHEST")).Value!)
        {
            await association.EchoAsync();
            await RunningSite.Until(() => See(client).Dicom.Associations == 1, () => "the association is not seen");
            await association.ReleaseAsync();
        }

        await RunningSite.Until(() => See(client) is { Ready: true, Dicom: { Associations: 0, Admitted: 1 } }, () => "the end of the association is not seen");
        var status = See(client);
        Assert.Equal(("north", "chest", false), (status.Site, status.Chains.Single().Name, status.Chains.Single().Joined));
        Assert.Equal(site.Port, status.Dicom.Port);
        Assert.Contains("pipeline_dicom_associations_admitted_total", await client.GetStringAsync(new Uri("/metrics", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Contains("no genesis yet", await client.GetStringAsync(new Uri("/", UriKind.Relative)), StringComparison.Ordinal);

        string json = Path.Combine(_folder.Path, "status.json");
        var operations = new Operations { Status = StatusOperation.RunAsync };
        Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync(["status", "--config", site.ConfigFile, "--json", json], operations, _terminal.Terminal));
        Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync(["status", "--url", address.ToString(), "--token-file", tokenFile], operations, _terminal.Terminal));
        Assert.Equal(2, _terminal.Lines.Count(line => line.StartsWith("north: ready", StringComparison.Ordinal)));
        string wrong = Path.Combine(_folder.Path, "wrong.token");
        await File.WriteAllTextAsync(wrong, new string('x', 32));
        Assert.Equal(ExitCode.Failed, await CommandLine.InvokeAsync(["status", "--url", address.ToString(), "--token-file", wrong], operations, _terminal.Terminal));
        Assert.Contains("another token", _terminal.Complaints.Single(), StringComparison.Ordinal);
        foreach (string told in new[] { site.Output, _terminal.Output, _terminal.Errors, await File.ReadAllTextAsync(json) })
            Assert.DoesNotContain(token, told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_that_does_not_run_and_one_that_is_not_named_are_said_so()
    {
        var operations = new Operations { Status = StatusOperation.RunAsync };
        Assert.Equal(ExitCode.Failed, await CommandLine.InvokeAsync(["status", "--data", _folder.Path], operations, _terminal.Terminal));
        Assert.Contains("no site answers", _terminal.Complaints.Single(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await CommandLine.InvokeAsync(["status"], operations, _terminal.Terminal));
    }

    private static SiteStatus See(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/status");
        using var answer = client.Send(request);
        using var text = answer.EnsureSuccessStatusCode().Content.ReadAsStream();
        return JsonSerializer.Deserialize<SiteStatus>(text, StatusJson.Options)!;
    }

    [GeneratedRegex(@"status at (http\S+);")]
    private static partial Regex StatusAt();
}
