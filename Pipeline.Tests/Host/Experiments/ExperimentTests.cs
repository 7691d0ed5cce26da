using System.Text.RegularExpressions;
using NJsonSchema;
using Pipeline.Host.Commands;
using Pipeline.Host.Experiments;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Host.Commands;
using Pipeline.Tests.Host.Import;
using Xunit;

namespace Pipeline.Tests.Host.Experiments;

/// <summary>Every experiment from files to result on drawn images: small, but the whole way, a real chain included.</summary>
[Collection("torch")]
public sealed class ExperimentTests : IDisposable
{
    private static readonly ExperimentProfile Tiny = ExperimentProfile.Quick with
    {
        Name = "tiny",
        Side = GeneratedTask.Side,
        Policy = PolicyCatalog.Default with { Rounds = 3, LocalSteps = 2, BatchSize = 8 },
        ScoreEvery = 1,
        Resamples = 50,
    };

    private readonly GeneratedTask _task = new("discs", 3, 10, 11);
    private readonly TestTerminal _terminal = new();

    public void Dispose()
    {
        _task.Dispose();
        _terminal.Dispose();
    }

    [Fact]
    public async Task A_result_fits_the_schema_counts_a_chains_bytes_and_is_not_measured_twice()
    {
        string json = await RunAsync(ExperimentKind.Centralized);

        var result = ExperimentResult.FromJson(json);
        Assert.Equal(["collaborative", "centralized", "local"], result.Arms.Select(a => a.Arm));
        Assert.All(result.Arms, arm => Assert.Equal(6, arm.StepsPerSite));
        Assert.All(result.Arms, arm => Assert.InRange(arm.AucMean, arm.AucLow, arm.AucHigh));
        Assert.All(result.Arms, arm => Assert.Equal(["site-0", "site-1", "site-2"], arm.PerSite.Select(s => s.Site)));
        var collaborative = result.Arms[0];
        // Two others receive every update, and votes and blocks come on top.
        Assert.True(collaborative.WireBytesTotal > 3 * 3 * 2 * collaborative.PayloadBytesPerRound, $"{collaborative.WireBytesTotal} bytes");
        Assert.Equal(2, result.Comparisons.Count);
        string page = await File.ReadAllTextAsync(ReportFile);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.Contains("local: AUC of the row's model on the column's test images", System.Net.WebUtility.HtmlDecode(page), StringComparison.Ordinal);

        _terminal.Clear();
        Assert.Equal(json, await RunAsync(ExperimentKind.Centralized));
        Assert.Contains("4 arms are kept", _terminal.Output, StringComparison.Ordinal);
        Assert.Empty(_terminal.Errors);
        string kept = Directory.EnumerateFiles(Path.Combine(_task.Root, "work"), "*.json").First();
        await File.WriteAllTextAsync(kept, Regex.Replace(await File.ReadAllTextAsync(kept), "\"version\":\"[^\"]*\"", "\"version\":\"0.0.1+old\""));
        Assert.Equal(json, await RunAsync(ExperimentKind.Centralized));
        Assert.Contains("1 of the arms kept in", _terminal.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Rounds_to_an_auc_are_a_number_from_the_first_round_to_behind_the_last()
    {
        static (int Round, double Mean, double Low, double High)[] Curve(params (int Round, double Auc)[] points) => [.. points.Select(p => (p.Round, p.Auc, p.Auc, p.Auc))];
        Assert.Equal(4, BridgeExperiment.RoundsTo(Curve((2, 0.6), (4, 0.8), (6, 0.7)), 0.7));
        Assert.Equal(1, BridgeExperiment.RoundsTo(Curve((0, 0.9), (2, 0.9)), 0.7));
        Assert.Equal(7, BridgeExperiment.RoundsTo(Curve((2, 0.6), (6, 0.69)), 0.7));
        Assert.Equal(7, BridgeExperiment.RoundsTo(Curve((0, double.NaN), (6, double.NaN)), 0.7));
    }

    [Fact]
    public async Task Personal_models_are_compared_at_home()
    {
        var result = ExperimentResult.FromJson(await RunAsync(ExperimentKind.Personalization));

        Assert.Equal(["collaborative", "local", "personalized"], result.Arms.Select(a => a.Arm));
        Assert.Equal([0.02, 0], result.Comparisons.Select(c => c.Target));
    }

    [Fact]
    public async Task Bytes_are_those_of_payloads_and_of_real_chains()
    {
        var result = ExperimentResult.FromJson(await RunAsync(ExperimentKind.Communication));

        Assert.Equal(["collaborative", "dense", "density-0.1", "density-0.001"], result.Arms.Select(a => a.Arm));
        Assert.InRange(result.Comparisons[0].Value, 150, 165);
        Assert.True(result.Arms[1].WireBytesTotal > 5 * result.Arms[0].WireBytesTotal, $"{result.Arms[1].WireBytesTotal} against {result.Arms[0].WireBytesTotal} bytes");
        Assert.True(double.IsNaN(result.Arms[2].WireBytesTotal));
    }

    [Fact]
    public async Task Offers_are_tried_by_all_within_the_rounds_of_the_policy()
    {
        string list = Path.Combine(_task.Root, "tasks.json");
        foreach (string name in new[] { "rings", "bars" })
        {
            using var other = new GeneratedTask(name, 3, 10, 12);
            Directory.Move(other.Folder, Path.Combine(_task.Root, name));
            await File.WriteAllTextAsync(list, (await File.ReadAllTextAsync(list))[..^1] + ", " + (await File.ReadAllTextAsync(Path.Combine(other.Root, "tasks.json")))[1..]);
        }

        var tried = Tiny with { Policy = Tiny.Policy with { Rounds = 4, LocalSteps = 1, BatchSize = 4, Trial = new TrialPolicy(1, 1_000_000, 80_000) } };
        var result = ExperimentResult.FromJson(await RunAsync(Request(ExperimentKind.Bridge) with { Profile = tried, Tasks = ["discs", "rings"], Sources = ["bars"] }));

        Assert.Equal(["unbridged-60", "taken-60", "bridged-60", "unbridged-150", "taken-150", "bridged-150"], result.Arms.Where(a => a.Task == "rings").Select(a => a.Arm));
        Assert.All(result.Arms.Where(a => a.Task == "rings"), arm => Assert.Equal(4, arm.Rounds));
        Assert.DoesNotContain(result.Arms, a => a.Task == "bars");
        // Seven kinds from each of two sources, at two moments and of two sizes.
        Assert.Equal(2, result.Comparisons.Count(c => c.Claim.Contains("of 56 made for 1 seeds", StringComparison.Ordinal)));
        string report = System.Net.WebUtility.HtmlDecode(await File.ReadAllTextAsync(ReportFile));
        Assert.Contains("discs, trial: ", report, StringComparison.Ordinal);
        Assert.Matches("bars, untrained, round [12]: votes [0-3] of 3, after the trial [−0-9 ]* points", report);
        Assert.Contains("discs, early, round 1", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variants_of_a_policy_are_compared_by_validation_images()
    {
        var result = ExperimentResult.FromJson(await RunAsync(ExperimentKind.Policies, "values=ternary,density=0.05"));

        Assert.Equal(["collaborative", "values=ternary,density=0.05"], result.Arms.Select(a => a.Arm));
        Assert.True(result.Arms[1].PayloadBytesPerRound > 2 * result.Arms[0].PayloadBytesPerRound);
        Assert.Contains("on validation images", Assert.Single(result.Comparisons).Claim, StringComparison.Ordinal);
        Assert.Contains("KEY=VALUE", Assert.Throws<ArgumentException>(() => PolicyExperiment.Variant(Tiny.Policy, "density")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_by_name_keeps_the_profiles_rounds()
    {
        Assert.Equal(PolicyCatalog.Robust with { Rounds = 3 }, Tiny.With("policy", "robust").Policy);
        Assert.Equal(20_000, MeasureOptions.Set(Tiny, ["density=0.02", "policy=robust"], (profile, name, value) => profile.With(name, value)).Policy.DensityPpm);
        Assert.Contains("default, dense, robust", Assert.Throws<ArgumentException>(() => Tiny.With("policy", "brave")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_kind_of_false_member_is_tried_in_both_teams_and_replicas_agree()
    {
        var policy = PolicyCatalog.Default with { Rounds = 2, LocalSteps = 1, BatchSize = 4 };
        var result = ExperimentResult.FromJson(await RunAsync(Request(ExperimentKind.Byzantine) with { Profile = Tiny with { Policy = policy } }));

        Assert.Equal(2 * 13, result.Arms.Count);
        Assert.Equal(2 * (9 + 2), result.Comparisons.Count);
        Assert.All(result.Comparisons.Where(c => c.Claim.Contains("digest", StringComparison.Ordinal)), c => Assert.True(c is { Value: 1, Met: true }));
        // What is replayed, and what is no number, is refused: the one from the second round on, the other always.
        string report = await File.ReadAllTextAsync(ReportFile);
        foreach (string arm in new[] { "8-robust-replay", "8-robust-nan" })
            Assert.Contains($"<tr><td>{arm}</td><td>1</td><td></td><td>updates refused a round</td><td>yes</td>", report, StringComparison.Ordinal);
        Assert.Contains("<tr><td>8-robust-alie</td><td>1</td><td></td><td>updates refused a round</td><td>no</td>", report, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "control")]
    [InlineData(true, "typical-images")]
    public async Task What_an_arm_adds_to_a_policy_that_does_not_go_with_it_is_said_by_name(bool weighSites, string setting)
    {
        var policy = weighSites ? Tiny.Policy : PolicyCatalog.With(Tiny.Policy, "control", "0.1");
        var failed = await Assert.ThrowsAsync<CommandFailedException>(() => ExperimentRunner.RunAsync(
            Request(ExperimentKind.Byzantine) with { Profile = Tiny with { Policy = policy, WeighSites = weighSites } }, _terminal.Terminal, CancellationToken.None));
        Assert.StartsWith(setting + ": ", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Measured_membership_stands_beside_the_ceiling_of_each_epsilon()
    {
        var result = ExperimentResult.FromJson(await RunAsync(ExperimentKind.Privacy));

        Assert.Equal(["epsilon-1", "epsilon-2", "epsilon-4", "epsilon-8", "epsilon-infinite"], result.Arms.Select(a => a.Arm));
        double[] ceilings = [.. result.Comparisons.Take(5).Select(c => Math.Round(c.Target, 3))];
        Assert.Equal([0.575, 0.639, 0.743, 0.881, 1], ceilings);
        Assert.All(result.Comparisons.Take(5), c => Assert.InRange(c.Value, 0, 1));
        string report = await File.ReadAllTextAsync(ReportFile);
        Assert.Contains("ε spent", System.Net.WebUtility.HtmlDecode(report), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_tasks_and_an_unknown_task_are_refused()
    {
        var request = Request(ExperimentKind.Centralized);
        var none = await Assert.ThrowsAsync<CommandFailedException>(
            () => ExperimentRunner.RunAsync(request with { DataDirectory = Path.Combine(_task.Root, "nothing") }, _terminal.Terminal, CancellationToken.None));
        Assert.Contains("labels.csv", none.Message, StringComparison.Ordinal);
        var unknown = await Assert.ThrowsAsync<CommandFailedException>(
            () => ExperimentRunner.RunAsync(request with { Tasks = ["cubes"] }, _terminal.Terminal, CancellationToken.None));
        Assert.Contains("has no task cubes; it has discs", unknown.Message, StringComparison.Ordinal);
    }

    private string ReportFile => Path.Combine(_task.Root, "report.html");

    private ExperimentRequest Request(ExperimentKind kind) => new(
        kind, _task.Root, [], 1, Tiny, Path.Combine(_task.Root, "work"), Path.Combine(_task.Root, "result.json"), ReportFile, Parallelism: 1);

    private Task<string> RunAsync(ExperimentKind kind, params string[] variants) => RunAsync(Request(kind) with { Variants = variants });

    private async Task<string> RunAsync(ExperimentRequest request)
    {
        Assert.Equal(ExitCode.Ok, await ExperimentRunner.RunAsync(request, _terminal.Terminal, CancellationToken.None));
        string json = await File.ReadAllTextAsync(request.JsonFile!);
        var schema = await JsonSchema.FromFileAsync(Repository.Folder("docs/reference/experiment-result.schema.json"));
        Assert.Empty(schema.Validate(json));
        return json;
    }
}
