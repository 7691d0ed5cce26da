using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Pipeline.Host.Control;
using Pipeline.Host.Monitoring;
using Pipeline.Host.Reporting;
using Spectre.Console;

namespace Pipeline.Host.Commands;

/// <summary>What <c>pipeline status</c> does.</summary>
internal static class StatusOperation
{
    private const int MaxBytes = 16 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync(StatusRequest request, Terminal terminal, CancellationToken stop)
    {
        string text = request.Address is { } address
            ? await FetchAsync(address, request.TokenFile!, stop).ConfigureAwait(false)
            : (await ControlClient.AskAsync(request.DataDirectory!, new ControlRequest(StatusPort.Verb, null, []), stop).ConfigureAwait(false)).Lines.Single();
        var status = JsonSerializer.Deserialize<SiteStatus>(text, StatusJson.Options) ?? throw new CommandFailedException("the site told nothing");
        if (request.JsonFile is { } file)
            await File.WriteAllTextAsync(file, text, stop).ConfigureAwait(false);
        Print(status, terminal.Out);
        return status.Ready ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<string> FetchAsync(Uri address, string tokenFile, CancellationToken stop)
    {
        using var client = new HttpClient { BaseAddress = address, Timeout = Patience, MaxResponseContentBufferSize = MaxBytes };
        try
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", StatusToken.Read(tokenFile));
            using var response = await client.GetAsync(new Uri(StatusRoutes.Status, UriKind.Relative), stop).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadAsStringAsync(stop).ConfigureAwait(false)
                : throw new CommandFailedException($"{address} answers {(int)response.StatusCode}; " + (response.StatusCode == System.Net.HttpStatusCode.Unauthorized
                    ? $"'{tokenFile}' holds another token than its pipeline.status.token-file" : "is that a site's status port?"));
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !stop.IsCancellationRequested))
        {
            throw new CommandFailedException($"no site answers at {address}: {e.Message.TrimEnd('.')}; see its pipeline.status", e);
        }
    }

    private static void Print(SiteStatus status, IAnsiConsole console)
    {
        console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{status.Site}: {(status.Ready ? "ready" : status.Live ? "not ready" : "not live")}; {status.Spool.Acknowledged} images acknowledged, {status.Spool.Pending} pending; {Quantities.Bytes(status.Disk.FreeBytes)} free"));
        var chains = new Table().Border(TableBorder.Simple).AddColumns("chain", "state", "height", "round", "updates", "samples", "quarantined", "does");
        foreach (var chain in status.Chains)
        {
            chains.AddRow([.. new[]
            {
                chain.Name, !chain.Joined ? chain.Elsewhere ? "at another node" : "no genesis" : chain.Healthy ? chain.Phase : chain.Syncing ? "behind" : "no answer", $"{chain.Height}", $"{chain.Round} of {chain.LastRound}",
                $"{chain.Members.Count(m => m.Standing == "contributed")} of {chain.Members.Count}", $"{chain.Samples.Sum(s => s.Count)}",
                $"{chain.Instances.Where(i => i.Outcome == "quarantined").Sum(i => i.Count)}", chain.Learner.Activity,
            }.Select(Markup.Escape)]);
        }

        if (status.Chains.Count > 0)
            console.Write(chains);
        foreach (var node in status.Nodes)
            console.WriteLine($"node {(node.Reachable ? node.State : "gone")} {node.Node} {node.Address} {string.Join(", ", node.Roles)}");
        foreach (var peer in status.Peers)
            console.WriteLine($"link {(peer.Up ? "up  " : "down")} {peer.Member} {peer.Endpoint}");
        foreach (string problem in status.Problems)
            console.WriteLine($"! {problem}");
    }
}
