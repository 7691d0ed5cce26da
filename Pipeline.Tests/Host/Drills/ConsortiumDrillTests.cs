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

    [Theory]
    [InlineData(false, true, 0, 0, true)]
    [InlineData(true, true, 0, 0, false)]
    [InlineData(true, true, 0, 3, false)]
    [InlineData(true, true, 3, 0, false)]
    [InlineData(true, true, 3, 1, true)]
    [InlineData(true, false, 0, 0, true)]
    public void An_adversary_that_contradicted_itself_must_be_on_the_chain_with_it(bool adversary, bool tried, int shown, int evidence, bool proved)
    {
        DrillPhase Phase(string fault) => new(fault, 10, 10, false, 1, 1, "");
        DrillPhase[] phases = tried ? [Phase("kill −9"), Phase(ConsortiumDrill.Equivocating)] : [Phase("kill −9")];
        var result = new DrillResult(4, adversary, "relays", 1, phases, new Dictionary<string, long> { ["hospital-1"] = 9 }, 0, [], shown, evidence, 0, 60);
        Assert.Equal((proved, proved), (result.IsProved, result.Passed));
    }

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
