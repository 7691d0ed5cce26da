using Pipeline.Host.Experiments;
using Pipeline.Host.Import;
using Pipeline.Tests.Host.Import;
using Xunit;

namespace Pipeline.Tests.Host.Experiments;

public sealed class PatientBootstrapTests : IDisposable
{
    private readonly GeneratedTask _files = new("discs", 2, 10, 21);

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Equal_arms_differ_by_nothing_and_a_better_one_is_told()
    {
        var task = TaskReader.Read(TaskFolder.Read(_files.Folder), GeneratedTask.Side, "residual-cnn-small", CancellationToken.None);
        float[] right = [.. task.PooledTest.Labels.SelectMany(l => new[] { 1f - l, l })], guess = [.. right.Select((_, i) => i % 5 < 2 ? 0.4f : 0.6f)];
        var runs = new TaskRuns(
            task, new Dictionary<string, ArmRun[]> { ["right"] = [Run(right), Run(right)], ["again"] = [Run(right), Run(right)], ["guess"] = [Run(guess), Run(guess)] }, 2, 200);

        Assert.Equal(new Interval(0, 0, 0), runs.AucDifference("right", "again"));
        var gain = runs.AucDifference("right", "guess");
        Assert.True(gain is { Value: > 0.2, Low: > 0 } && gain.Low <= gain.Value && gain.Value <= gain.High, $"{gain}");
        Assert.Equal(gain, runs.AucDifference("right", "guess"));
        Assert.Equal(new Interval(1, 1, 1), runs.Auc("right"));

        // Over two tasks with the same gain the interval is the narrower.
        var other = new TaskRuns(
            task with { Name = "other" }, new Dictionary<string, ArmRun[]> { ["right"] = [Run(right), Run(right)], ["guess"] = [Run(guess), Run(guess)] }, 2, 200);
        var pooled = PatientBootstrap.Pool([runs.AucDifferences("right", "guess"), other.AucDifferences("right", "guess"), (double.NaN, [])]);
        Assert.Equal(gain.Value, pooled.Value, 1e-9);
        Assert.True(pooled.High - pooled.Low < gain.High - gain.Low, $"{pooled} against {gain}");
        Assert.True(double.IsNaN(PatientBootstrap.Pool([]).Value));

        ArmRun Run(float[] probabilities) => new(task.Name, "arm", 1, 1, 1, 0, [], [new ArmRun.Model("", probabilities)], []);
    }

    [Fact]
    public void Class_weights_follow_noisy_counts_of_all_sites()
    {
        float[] weights = ClassBalance.Weights([[300, 100], [100, 100]], Pipeline.Ledger.Crypto.Digest.Of([1]));
        Assert.InRange(weights[0] / weights[1], 0.4, 0.6);
        Assert.NotEqual(0.5, weights[0] / weights[1]);
        Assert.All(ClassBalance.Weights([[5, 0]], Pipeline.Ledger.Crypto.Digest.Of([2])), w => Assert.True(float.IsFinite(w) && w > 0));
    }
}
