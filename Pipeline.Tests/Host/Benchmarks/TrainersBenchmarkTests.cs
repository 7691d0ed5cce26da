using System.Text.Json;
using Pipeline.Host.Benchmarks;
using Pipeline.Host.Commands;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Host.Benchmarks;

/// <summary>That two processes share a step and it is told; never how fast they are.</summary>
[Collection("torch")]
public sealed class TrainersBenchmarkTests
{
    [Fact]
    public async Task A_step_that_two_processes_share_is_measured_beside_the_step_alone()
    {
        string file = Path.GetTempFileName();
        using var terminal = new TestTerminal();
        try
        {
            Assert.Equal(ExitCode.Ok, await TrainersRunner.RunAsync(
                new TrainersRequest(new TrainersWorkload(["residual-cnn-small"], 16, 8, 1, 2, 1), file), terminal.Terminal, CancellationToken.None));
            using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file));
            var figure = Assert.Single(json.RootElement.GetProperty("figures").EnumerateArray());
            Assert.Equal("residual-cnn-small", figure.GetProperty("name").GetString());
            Assert.True(figure.GetProperty("value").GetDouble() > 0);
            Assert.True(figure.GetProperty("floor").GetDouble() > 0);
            Assert.True(figure.GetProperty("details").GetProperty("exchangeMs").GetDouble() >= 0);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
