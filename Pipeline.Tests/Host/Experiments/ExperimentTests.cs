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
    public async Task Variants_of_a_policy_are_compared_by_validation_images()
    {
        var result = ExperimentResult.FromJson(await RunAsync(ExperimentKind.Policies, "values=ternary,density=0.05"));

        Assert.Equal(["collaborative", "values=ternary,density=0.05"], result.Arms.Select(a => a.Arm));
        Assert.True(result.Arms[1].PayloadBytesPerRound > 2 * result.Arms[0].PayloadBytesPerRound);
        Assert.Contains("on validation images", Assert.Single(result.Comparisons).Claim, StringComparison.Ordinal);
        Assert.Contains("KEY=VALUE", Assert.Throws<ArgumentException>(() => PolicyExperiment.Variant(Tiny.Policy, "density")).Message, StringComparison.Ordinal);
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

    private async Task<string> RunAsync(ExperimentKind kind, params string[] variants)
    {
        var request = Request(kind) with { Variants = variants };
        Assert.Equal(ExitCode.Ok, await ExperimentRunner.RunAsync(request, _terminal.Terminal, CancellationToken.None));
        string json = await File.ReadAllTextAsync(request.JsonFile!);
        var schema = await JsonSchema.FromFileAsync(Repository.Folder("docs/reference/experiment-result.schema.json"));
        Assert.Empty(schema.Validate(json));
        return json;
    }
}
