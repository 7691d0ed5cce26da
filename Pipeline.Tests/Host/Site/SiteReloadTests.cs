using System.Reflection;
using Pipeline.Actors.Dicom;
using Pipeline.Actors.Dicom.Network;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Control;
using Pipeline.Host.Monitoring;
using Pipeline.Host.Site;
using Pipeline.Ledger.Network;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using TorchSharp;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Host.Site;

/// <summary>A running site that reads its configuration again: all or nothing, what it leaves for a restart, and what it tells of it.</summary>
[Collection("torch")]
public sealed class SiteReloadTests(ITestOutputHelper output) : IDisposable
{
    private const string Chain = "pipeline.chains.chest { ae-title = CHEST, height = 32, width = 32 }\n";

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_every_key_that_is_marked_a_test_shows_that_it_takes_effect()
    {
        string[] proved =
        [
            .. typeof(SiteReloadTests).Assembly.GetTypes().SelectMany(type => type.GetMethods())
                .SelectMany(method => method.GetCustomAttribute<ProvesLiveAttribute>()?.Keys ?? []).Distinct().Order(StringComparer.Ordinal),
        ];
        Assert.Equal(LiveKeys.All.Order(StringComparer.Ordinal), proved);
    }

    [Fact]
    public async Task With_a_mistake_nothing_changes_and_every_mistake_is_named()
    {
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain);
        ControlResponse response = await site.ReloadAsync(Chain + "pipeline.dicom { max-associations = 1, idle-timeout = 3 }\npipeline.dicom.prot = 1\nakka.loglevel = LOUD");
        Assert.False(response.Done);
        Assert.Contains(response.Lines, line => line.Contains("did you mean 'pipeline.dicom.port'?", StringComparison.Ordinal));
        Assert.Contains(response.Lines, line => line.Contains("pipeline.dicom.idle-timeout", StringComparison.Ordinal));
        Assert.Contains(response.Lines, line => line.Contains("akka.loglevel = \"LOUD\": must be OFF | ERROR", StringComparison.Ordinal));
        Assert.Equal("3 mistakes in the configuration; nothing was changed", response.Lines[^1]);
        await using DicomAssociation first = (await site.CallAsync("CHEST")).Require(), second = (await site.CallAsync("CHEST")).Require();

        // What was refused does not count as in force: mended, it is taken on.
        Assert.Contains("pipeline.dicom.max-associations: from 32 to 1", (await site.ReloadAsync(Chain + "pipeline.dicom.max-associations = 1")).Lines);
    }

    [Fact]
    public async Task What_needs_a_restart_is_refused_by_its_key_and_the_rest_is_taken_on()
    {
        string secret = new('a', 64), other = new('b', 64);
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain + $"pipeline.encryption.keys = \"{secret}\"");
        string changed = Chain + $$"""
            pipeline.encryption.keys = "{{other}}"
            pipeline.dicom { port = 11113, max-associations = 1 }
            pipeline.chains.hand.ae-title = HAND
            pipeline.chains.chest { rules = ["(0028,0010) >= 512"], test-share = 0.2 }
            akka.actor.ask-timeout = 20s
            """;
        Assert.True((await site.ReloadAsync(changed)).Done);
        using var terminal = new TestTerminal();
        RunningSite.Configure(_folder.Path, changed + "\npipeline.trainer.threads = 1");
        Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync(["config", "reload", "--data", site.DataDirectory], new Operations(), terminal.Terminal));
        Assert.Equal(
        [
            "pipeline.trainer.threads: from 0 to 1", "akka.actor.ask-timeout: from 10s to 20s needs a restart", "pipeline.chains.chest.test-share: from 0.15 to 0.2 needs a restart",
            "pipeline.chains.hand is new, needs a restart", "pipeline.dicom.port: from 0 to 11113 needs a restart", "pipeline.encryption.keys: from \"***\" to \"***\" needs a restart",
            "1 change taken on, 5 left for a restart",
        ], terminal.Lines.Where(line => line.Length > 0));
        Assert.Contains("configuration read again (operator): pipeline.dicom.max-associations: from 32 to 1", site.Output, StringComparison.Ordinal);
        string audit = await File.ReadAllTextAsync(AuditLog.PathOf(site.DataDirectory));
        Assert.Contains("\"action\":\"reload\"", audit, StringComparison.Ordinal);
        Assert.Contains("\"by\":\"operator\"", audit, StringComparison.Ordinal);
        Assert.Contains("takes on pipeline.trainer.threads; leaves for a restart akka.actor.ask-timeout, ", audit, StringComparison.Ordinal);
        Assert.All(new[] { secret, other }, text => Assert.DoesNotContain(text, audit + site.Output + terminal.Output, StringComparison.Ordinal));

        string back = Chain + $"pipeline.encryption.keys = \"{secret}\"\npipeline.trainer.threads = 1";
        Assert.Equal("2 changes taken on, 0 left for a restart", (await site.ReloadAsync(back)).Lines[^1]);
        Assert.Equal(["the configuration says what is in force already"], (await site.ReloadAsync(back)).Lines);
    }

    [Fact]
    [ProvesLive("akka.loglevel")]
    public async Task SIGHUP_reloads_instead_of_ending_the_process_and_the_log_becomes_louder()
    {
        if (OperatingSystem.IsWindows())
        {
            output.WriteLine("NOT CHECKED: this system has no POSIX signals.");
            return;
        }

        string config = RunningSite.Configure(_folder.Path, Chain + "akka.loglevel = ERROR");
        await using var site = await SiteProcess.StartAsync(config);
        if (await site.IgnoresAsync("HUP"))
        {
            output.WriteLine("NOT CHECKED: SIGHUP is ignored by whatever started these tests (nohup), and so by its children.");
            return;
        }

        await CallNobodyAsync(site);
        Assert.DoesNotContain("rejected", site.Output, StringComparison.Ordinal);
        RunningSite.Configure(_folder.Path, Chain + "akka.loglevel = INFO");
        await site.SignalAsync("HUP");
        await RunningSite.Until(() => site.Output.Contains("1 change taken on", StringComparison.Ordinal), () => $"nothing was read again: {site.Output}");
        Assert.Contains("configuration read again (SIGHUP): akka.loglevel: from ERROR to INFO", site.Output, StringComparison.Ordinal);
        await CallNobodyAsync(site);
        await RunningSite.Until(() => site.Output.Contains("Association of 'TEST-SCU' rejected", StringComparison.Ordinal), () => $"the log is as quiet as before: {site.Output}");
        Assert.Contains("\"by\":\"SIGHUP\"", await File.ReadAllTextAsync(AuditLog.PathOf(RunningSite.DataOf(_folder.Path))), StringComparison.Ordinal);
        await site.SignalAsync("TERM");
        Assert.Equal(ExitCode.Ok, await site.ExitCodeAsync());
    }

    [Fact]
    [ProvesLive("pipeline.trainer.retry-interval", "pipeline.trainer.pause")]
    public async Task A_site_that_waits_for_images_looks_more_often_and_pauses()
    {
        const string Often = "pipeline.status.refresh-interval = 100ms\n";
        OneMemberChain.Install(RunningSite.DataOf(_folder.Path));
        await using var site = await RunningSite.StartAsync(_folder.Path, Chain + Often + "pipeline.trainer.retry-interval = 1h");
        await Until(learner => learner.Skipped == 1);
        await Takes("pipeline.trainer.retry-interval = 50ms");
        await Until(learner => learner.Skipped > 3);
        await Takes("pipeline.trainer { retry-interval = 1h, pause = on }");
        await Until(learner => learner.Activity.Contains("pipeline.trainer.pause", StringComparison.Ordinal));
        await Takes("pipeline.trainer { retry-interval = 1h, pause = off }");
        await Until(learner => !learner.Activity.Contains("pipeline.trainer.pause", StringComparison.Ordinal));

        async Task Takes(string text) => Assert.True((await site.ReloadAsync(Chain + Often + text)).Done);

        async Task Until(Func<LearnerTotals, bool> condition)
        {
            LearnerTotals? last = null;
            await RunningSite.Until(
                async () => (last = (await site.StatusAsync()).Chains.SingleOrDefault()?.Learner) is { } learner && condition(learner), () => $"the learner is at {last}");
        }
    }

    [Fact]
    [ProvesLive("pipeline.trainer.threads")]
    public async Task Training_takes_the_new_number_of_threads_from_its_next_step_on()
    {
        var settings = new SiteNodeSettings
        {
            Site = "north",
            DataDirectory = _folder.Path,
            Akka = SiteConfiguration.DefaultAkka,
            Network = new InProcessPeerHub().Join("north"),
            Dicom = new() { Address = System.Net.IPAddress.Loopback },
        };
        await using SiteNode node = (await SiteNode.StartAsync(settings)).Require();
        var wanted = SiteConfiguration.Parse(
            "pipeline.site { name = north, data-directory = data }\npipeline.trainer.threads = 2", "test.conf", new Dictionary<string, string>(), out _).Configuration!;
        Assert.Null(node.Runtime.Load());
        node.Runtime.EnterTrainingThread();
        Assert.Equal(1, torch.get_num_threads());
        node.Apply(settings.In(wanted.Site, []));
        node.Runtime.EnterTrainingThread();
        Assert.Equal(2, torch.get_num_threads());
        node.Runtime.Threads = 1;
        node.Runtime.EnterTrainingThread();
    }

    private static async Task CallNobodyAsync(SiteProcess site) => Assert.False((await DicomAssociation.RequestAsync(new AssociationSettings(
        "127.0.0.1", site.Port, "NOBODY", "TEST-SCU", [SopClasses.ComputedRadiography], TimeSpan.FromSeconds(20)))).Ok);
}
