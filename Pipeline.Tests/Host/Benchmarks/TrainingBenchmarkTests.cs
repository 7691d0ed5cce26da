using System.Text.Json;
using Pipeline.Host.Benchmarks;
using Pipeline.Host.Commands;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Host.Benchmarks;

/// <summary>That everything is measured and told; never how fast it is.</summary>
[Collection("torch")]
public sealed class TrainingBenchmarkTests
{
    [Fact]
    public async Task Steps_are_compared_where_there_is_something_to_compare_with_and_tensors_do_not_pile_up()
    {
        string file = Path.GetTempFileName();
        using var terminal = new TestTerminal();
        try
        {
            Assert.Equal(ExitCode.Ok, await TrainingBenchmarkRunner.RunAsync(
                new TrainingBenchmarkRequest(new TrainingWorkload(16, 4, 1, 2, 1, 200), file), terminal.Terminal, CancellationToken.None));
            using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file));
            var figures = json.RootElement.GetProperty("figures").EnumerateArray().ToDictionary(f => f.GetProperty("name").GetString()!);
            Assert.True(figures["trainingSteps"].GetProperty("value").GetDouble() > 0);
            Assert.Equal(0, figures["liveTensors"].GetProperty("value").GetDouble());
            Assert.InRange(figures["round"].GetProperty("details").GetProperty("trainingShare").GetDouble(), 0.01, 1);
            bool compared = figures["trainingSteps"].GetProperty("floor").ValueKind == JsonValueKind.Number;
            Assert.Equal(!compared, terminal.Errors.Contains("no python3 with torch", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
