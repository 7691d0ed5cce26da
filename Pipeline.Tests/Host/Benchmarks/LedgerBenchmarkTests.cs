using System.Text.Json;
using Pipeline.Host.Benchmarks;
using Pipeline.Host.Commands;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Host.Benchmarks;

/// <summary>That everything is measured and told; never how fast it is.</summary>
public sealed class LedgerBenchmarkTests : IDisposable
{
    private static readonly LedgerWorkload Tiny = new(Commits: 2, Blocks: 2, BlockTransactions: 16, Headers: 4, Parameters: 10_000, Heights: 12, Repetitions: 1);

    private readonly TestTerminal _terminal = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("bench-").FullName;

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _terminal.Dispose();
    }

    [Fact]
    public async Task Every_figure_is_in_the_table_and_in_the_json()
    {
        string file = Path.Combine(_folder, "bench.json");
        _terminal.Terminal.Out.Profile.Width = 80;
        Assert.Equal(ExitCode.Ok, await LedgerBenchmarkRunner.RunAsync(new LedgerBenchmarkRequest(Tiny, file), _terminal.Terminal, CancellationToken.None));

        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        var root = json.RootElement;
        Assert.Equal(Environment.ProcessorCount, root.GetProperty("cores").GetInt32());
        Assert.Equal(Tiny.Parameters, root.GetProperty("workload").GetProperty("parameters").GetInt32());
        var figures = root.GetProperty("figures").EnumerateArray().ToDictionary(f => f.GetProperty("name").GetString()!);
        Assert.Equal(
            [
                "aggregation", "commitLatency", "commitLatencyAtAll", "commitLatencyAtAllP99", "commitLatencyP99", "headerVerification4",
                "headerVerification7", "restart", "throughput",
            ],
            figures.Keys.Order(StringComparer.Ordinal));
        Assert.All(figures.Values, figure => Assert.True(figure.GetProperty("value").GetDouble() > 0));
        Assert.All(figures.Where(f => f.Key is not ("aggregation" or "restart")), f => Assert.Equal(
            f.Value.GetProperty("value").GetDouble() / f.Value.GetProperty("floor").GetDouble(), f.Value.GetProperty("ratio").GetDouble(), 9));
        Assert.Equal(
            figures.Values.All(f => f.GetProperty("passed").ValueKind != JsonValueKind.False), root.GetProperty("passed").GetBoolean());
        Assert.Equal(11, figures["restart"].GetProperty("details").GetProperty("replayedBlocks").GetInt32());
        Assert.Equal("ratioAtLeast", figures["throughput"].GetProperty("bar").GetProperty("kind").GetString());
        Assert.Equal(32, figures["throughput"].GetProperty("details").GetProperty("transactions").GetInt32());

        Assert.All(_terminal.Lines, line => Assert.True(line.Length <= 80, line));
        foreach (string label in (string[])["commit, median", "commit at all, p99", "transactions, n = 4", "headers, n = 7", "aggregation", "restart, a snapshot"])
            Assert.Contains(label, _terminal.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BarKind.RatioAtMost, 2, 20, 10.0, true)]
    [InlineData(BarKind.RatioAtMost, 2, 21, 10.0, false)]
    [InlineData(BarKind.RatioAtLeast, 0.5, 5, 10.0, true)]
    [InlineData(BarKind.RatioAtLeast, 0.5, 4, 10.0, false)]
    [InlineData(BarKind.ValueAtMost, 100, 100, null, true)]
    [InlineData(BarKind.ValueAtMost, 100, 101, null, false)]
    public void A_figure_is_judged_by_its_bar(BarKind kind, double bar, double value, double? floor, bool passed) =>
        Assert.Equal(passed, new Figure("figure", "ms", value, floor, new Bar(kind, bar), new Dictionary<string, double>()).Passed);
}
