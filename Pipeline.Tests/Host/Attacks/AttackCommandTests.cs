using NJsonSchema;
using Pipeline.Actors.Attacks;
using Pipeline.Host.Attacks;
using Pipeline.Host.Commands;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Host.Commands;
using Pipeline.Tests.Host.Import;
using Xunit;

namespace Pipeline.Tests.Host.Attacks;

/// <summary>Attacks from images to report, small; a control that fails makes the run void.</summary>
[Collection("torch")]
public sealed class AttackCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("attack-").FullName;
    private readonly TestTerminal _terminal = new();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _terminal.Dispose();
    }

    [Fact]
    public async Task Inversion_breaks_the_control_judges_the_policy_and_shows_phantoms()
    {
        Assert.Equal(ExitCode.Ok, await AttackRunner.RunAsync(Request(AttackKind.Inversion), _terminal.Terminal, CancellationToken.None));

        var result = await ResultAsync();
        Assert.True(result.ControlPassed);
        Assert.Contains(result.Figures, f => f.View == AttackResult.Control && f.Measure.StartsWith("PSNR", StringComparison.Ordinal) && f.Value > 25);
        foreach (string view in new[] { AttackResult.Insider, AttackResult.Outsider })
            Assert.Contains(result.Figures, f => f.View == view && f.Measure.Contains("found by", StringComparison.Ordinal) && f.Met is not null);
        Assert.Contains(result.Figures, f => f.Measure.StartsWith("no learned inverter", StringComparison.Ordinal));
        Assert.Contains("data:image/png;base64,", await File.ReadAllTextAsync(ReportFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_learned_inverter_finds_undefended_images_before_it_judges_the_policy()
    {
        var request = Request(AttackKind.Inversion) with { Candidates = 500, LearningSteps = 300, LearningUpdates = 24 };
        Assert.True(await AttackRunner.RunAsync(request, _terminal.Terminal, CancellationToken.None) == ExitCode.Ok, _terminal.Output);

        var result = await ResultAsync();
        Assert.Contains(result.Figures, f => f.Measure.Contains("found by the learned inverter", StringComparison.Ordinal) && f.Subject.StartsWith("lenet", StringComparison.Ordinal) && f.Met is not null);
        // Whether so few images teach enough is not for a test to say; a network is judged where they do, and nowhere else.
        int broken = result.Figures.Count(f => f.Measure.Contains("found by the learned inverter", StringComparison.Ordinal) && f.Met == true);
        Assert.Equal(broken, result.Figures.Count(f => f.Subject.EndsWith("learned inverter", StringComparison.Ordinal) && f.Measure.StartsWith("PSNR gained", StringComparison.Ordinal) && f.Met is not null));
    }

    [Fact]
    public async Task A_search_that_finds_nothing_undefended_voids_the_run()
    {
        var request = Request(AttackKind.Inversion) with { Search = new InversionSettings(Steps: 1) };
        Assert.Equal(ExitCode.Failed, await AttackRunner.RunAsync(request, _terminal.Terminal, CancellationToken.None));

        var result = await ResultAsync();
        Assert.False(result.ControlPassed);
        Assert.All(result.Figures, f => Assert.Equal(AttackResult.Control, f.View));
        Assert.Contains("void", _terminal.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AttackKind.Labels, "named rightly")]
    [InlineData(AttackKind.Canary, "exposure")]
    [InlineData(AttackKind.Membership, "members")]
    [InlineData(AttackKind.Membership, "likelihood ratio, 4 shadow models", 4)]
    public async Task The_other_attacks_judge_a_folder_of_images_and_show_none(AttackKind kind, string measure, int shadows = 0)
    {
        using var task = new GeneratedTask("discs", 3, 40, 11);
        var request = Request(kind) with { DataDirectory = task.Root, Side = GeneratedTask.Side, Shadows = shadows };
        Assert.Equal(ExitCode.Ok, await AttackRunner.RunAsync(request, _terminal.Terminal, CancellationToken.None));

        Assert.Contains((await ResultAsync()).Figures, f => f.View == AttackResult.Insider && f.Measure.Contains(measure, StringComparison.Ordinal));
        Assert.DoesNotContain("<img", await File.ReadAllTextAsync(ReportFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Membership_is_judged_where_members_are_drawn_by_lot_and_shown_on_the_datas_own_split()
    {
        using var task = new GeneratedTask("discs", 3, 40, 11);
        var request = Request(AttackKind.Membership) with { DataDirectory = task.Root, Side = GeneratedTask.Side, Parts = 3 };
        Assert.Equal(ExitCode.Ok, await AttackRunner.RunAsync(request, _terminal.Terminal, CancellationToken.None));

        AttackResult.Figure[] figures = [.. (await ResultAsync()).Figures.Where(f => f.View == AttackResult.Insider)];
        var split = Assert.Single(figures, f => f.Subject.Contains("final model of", StringComparison.Ordinal));
        Assert.Null(split.Met);
        Assert.Equal(double.NaN, split.WithoutUpdate);
        var judged = Assert.Single(figures, f => f.Subject.EndsWith("without one of 3 parts of the patients, by lot", StringComparison.Ordinal));
        Assert.Contains("of 240 images", judged.Measure, StringComparison.Ordinal);
        Assert.NotNull(judged.Met);
        // Few rounds memorise nobody.
        Assert.InRange(judged.Value, 0.4, 0.6);
        Assert.True(judged.Low <= judged.Value && judged.Value <= judged.High);
    }

    [Fact]
    public async Task The_command_line_has_defaults_and_takes_its_options()
    {
        var calls = new List<AttackRequest>();
        var operations = new Operations
        {
            Attack = (request, _, _) =>
            {
                calls.Add(request);
                return Task.FromResult(ExitCode.Ok);
            },
        };
        Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync(["attack", "inversion"], operations, _terminal.Terminal));
        Assert.Equal(
            ExitCode.Ok,
            await CommandLine.InvokeAsync(
                ["attack", "canary", "--data", "/tmp/d", "--policy", "dense", "--set", "rounds=7", "--round", "2", "3", "--side", "32", "--json", "/tmp/j"], operations,
                _terminal.Terminal));
        Assert.Equal((AttackKind.Inversion, 64, 1000, PolicyCatalog.Default), (calls[0].Kind, calls[0].Side, calls[0].Candidates, calls[0].Policy));
        Assert.Equal([1, 10], calls[0].Rounds);
        Assert.Equal((AttackKind.Canary, "/tmp/d", 32, "/tmp/j"), (calls[1].Kind, calls[1].DataDirectory, calls[1].Side, calls[1].JsonFile));
        Assert.Equal(PolicyCatalog.Dense with { Rounds = 7 }, calls[1].Policy);
        Assert.Equal([2, 3], calls[1].Rounds);
        foreach (string[] wrong in new[] { new[] { "--side", "30" }, ["--round", "0"], ["--set", "speed=1"], ["--shadows", "3"] })
            Assert.Equal(ExitCode.Usage, await CommandLine.InvokeAsync(["attack", "labels", .. wrong], operations, _terminal.Terminal));
    }

    private string ReportFile => Path.Combine(_folder, "report.html");

    private AttackRequest Request(AttackKind kind) => new(
        kind, null, null, "default", PolicyCatalog.Default with { Rounds = 3, LocalSteps = 2, BatchSize = 8 }, 32, "residual-cnn-small", 1, Candidates: 60,
        Controls: 2, Rounds: [1], Shadows: 0, new InversionSettings(Steps: 150), Path.Combine(_folder, "result.json"), ReportFile);

    private async Task<AttackResult> ResultAsync()
    {
        string json = await File.ReadAllTextAsync(Path.Combine(_folder, "result.json"));
        Assert.Empty((await JsonSchema.FromFileAsync(Repository.Folder("docs/reference/attack-result.schema.json"))).Validate(json));
        return AttackResult.FromJson(json);
    }
}
