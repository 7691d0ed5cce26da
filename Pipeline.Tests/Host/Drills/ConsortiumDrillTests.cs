using Pipeline.Host.Drills;
using Pipeline.Tests.Actors.Dicom;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Drills;

/// <summary>
/// A short drill with real processes; <c>pipeline drill consortium</c> is the long one. What is judged here does not depend on how fast the machine is.
/// </summary>
public sealed class ConsortiumDrillTests(ITestOutputHelper output) : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Four_processes_survive_a_pause_and_an_outage_without_a_fork()
    {
        if (OperatingSystem.IsWindows())
        {
            output.WriteLine("NOT CHECKED: this system has no POSIX signals.");
            return;
        }

        var request = new DrillRequest(4, false, TimeSpan.FromSeconds(1), false, Path.Combine(_folder.Path, "drill"), null)
        {
            BlockInterval = TimeSpan.FromMilliseconds(500),
            Faults = ["pause", "outage"],
        };
        await using var drill = new ConsortiumDrill(request, output.WriteLine, TimeProvider.System);
        var result = await drill.RunAsync(CancellationToken.None);

        Assert.Equal(0, result.Forks);
        Assert.Empty(result.BadJournals);
        Assert.Equal(["pause (SIGSTOP)", "2 away"], result.Phases.Select(p => p.Fault));
        Assert.Equal((0, true), (result.Phases[^1].BlocksDuring, result.Phases[^1].QuorumLost));
        Assert.Equal(4, result.Heights.Count);
        Assert.All(result.Heights.Values, height => Assert.InRange(height, 4, long.MaxValue));
    }
}
