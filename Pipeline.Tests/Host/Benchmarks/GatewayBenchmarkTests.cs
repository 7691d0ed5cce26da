using System.Text.Json;
using Pipeline.Host.Benchmarks;
using Pipeline.Host.Commands;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Host.Benchmarks;

/// <summary>That everything is measured and told; never how fast it is.</summary>
public sealed class GatewayBenchmarkTests : IDisposable
{
    private static readonly GatewayWorkload Tiny = new(600_000, 3, 1, Members: 4, Blocks: 2, BlockIntervalMs: 50, Headers: 10);

    private readonly TestTerminal _terminal = new();
    private readonly TestFolder _folder = new();

    public void Dispose()
    {
        _terminal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Every_figure_is_in_the_table_and_in_the_json()
    {
        string file = Path.Combine(_folder.Path, "bench.json");
        Assert.Equal(ExitCode.Ok, await GatewayBenchmarkRunner.RunAsync(new GatewayBenchmarkRequest(Tiny, file), _terminal.Terminal, CancellationToken.None));

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var figures = json.RootElement.GetProperty("figures").EnumerateArray().ToDictionary(f => f.GetProperty("name").GetString()!);
        Assert.Equal(["lightClient", "manyMembers", "payloadPublished", "payloadTransfer"], figures.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("ratioAtLeast", figures["payloadTransfer"].GetProperty("bar").GetProperty("kind").GetString());
        Assert.True(figures["payloadTransfer"].GetProperty("value").GetDouble() > 0);
        Assert.True(figures["payloadPublished"].GetProperty("value").GetDouble() > 0);
        Assert.Equal(6, figures["manyMembers"].GetProperty("details").GetProperty("links").GetDouble());
        Assert.Equal(2, figures["manyMembers"].GetProperty("details").GetProperty("blocks").GetDouble());
        foreach (string label in (string[])["payload to 3 peers", "payload published", "header, n = 30", "block at all 30"])
            Assert.Contains(label, _terminal.Output, StringComparison.Ordinal);
    }
}
