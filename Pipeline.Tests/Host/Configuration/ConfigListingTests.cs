using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Host.Configuration;

/// <summary>What is in force, where it comes from, and that no secret is shown.</summary>
public sealed class ConfigListingTests : IDisposable
{
    private static readonly string[] Secrets = ["hunter2", new string('a', 64), "proxy-word"];

    private readonly TestFolder _folder = new();
    private readonly TestTerminal _terminal = new();

    public void Dispose()
    {
        _terminal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Values_have_their_file_line_or_variable_and_the_default_they_came_through()
    {
        string file = Configure("site.conf", "pipeline {\n  dicom {\n    # the port\n    port = 104\n  }\n  chain-defaults.test-share = 0.2\n  chains.hand { }\n}\n");
        var (result, values) = SiteSettingsListing.Read(file, new Dictionary<string, string> { ["PIPELINE__DICOM__HOST"] = "127.0.0.1" });
        Assert.True(result.IsValid);
        var by = values.ToDictionary(value => value.Key);
        Assert.Equal(("104", $"{file}:5"), (by["pipeline.dicom.port"].Value, by["pipeline.dicom.port"].Place));
        Assert.Equal("environment variable PIPELINE__DICOM__HOST", by["pipeline.dicom.host"].Place);
        Assert.Equal(("0.2", $"{file}:7, pipeline.chain-defaults.test-share"), (by["pipeline.chains.hand.test-share"].Value, by["pipeline.chains.hand.test-share"].Place));
        string[] reference = SiteConfiguration.Reference.Split('\n');
        Assert.All(values.Where(value => !value.Changed), value => Assert.Contains(
            value.Key[(value.Key.LastIndexOf('.') + 1)..] is var name && value.Through is { } through ? through[(through.LastIndexOf('.') + 1)..] : name,
            reference[value.Line!.Value - 1], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Show_prints_hocon_that_means_the_same_and_hides_secrets()
    {
        string file = Configure("site.conf", $$"""
            pipeline.encryption { at-rest = on, keys = "{{Secrets[1]}}" }
            pipeline.gateway.proxy = "http://us:proxy-word@proxy.example:8080"
            pipeline.chains.a { ae-title = A, journal = postgresql, connection-string = "Host=db;Username=u;Password=hunter2" }
            """);
        foreach (string[] arguments in new[] { new[] { "config", "show", file, "--json", Path.Combine(_folder.Path, "v.json") }, ["config", "show", file, "--changed"], ["config", "diff", file] })
        {
            _terminal.Clear();
            Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync(arguments, new Operations(), _terminal.Terminal));
            Assert.Contains("pipeline.encryption.keys = \"***\"", _terminal.Output, StringComparison.Ordinal);
            Assert.Contains("Password=***", _terminal.Output, StringComparison.Ordinal);
            Assert.Contains("http://***@proxy.example:8080", _terminal.Output, StringComparison.Ordinal);
            Assert.All(Secrets, secret => Assert.DoesNotContain(secret, _terminal.Output, StringComparison.Ordinal));
        }

        Assert.All(Secrets, secret => Assert.DoesNotContain(secret, File.ReadAllText(Path.Combine(_folder.Path, "v.json")), StringComparison.Ordinal));
        _terminal.Clear();
        string plain = Configure("plain.conf", "pipeline.dicom.port = 104\npipeline.deidentification.options = []\n");
        Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync(["config", "show", plain], new Operations(), _terminal.Terminal));
        Assert.Contains(_terminal.Lines, line => line.StartsWith("pipeline.dicom.max-associations = 32 ", StringComparison.Ordinal) && line.EndsWith("; live", StringComparison.Ordinal));
        Assert.DoesNotContain(_terminal.Lines, line => line.StartsWith("pipeline.dicom.port", StringComparison.Ordinal) && line.EndsWith("live", StringComparison.Ordinal));
        string again = Path.Combine(_folder.Path, "again.conf");
        await File.WriteAllTextAsync(again, _terminal.Output);
        Assert.Empty(SiteSettingsListing.Differences(
            SiteSettingsListing.Read(plain, new Dictionary<string, string>()).Values, SiteSettingsListing.Read(again, new Dictionary<string, string>()).Values));
    }

    [Fact]
    public async Task Diff_prints_both_sides_with_their_places()
    {
        string old = Configure("old.conf", "pipeline.dicom.port = 104"), next = Configure("new.conf", "pipeline.dicom.port = 105\npipeline.chains.hand.ae-title = HAND");
        Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync(["config", "diff", old, next], new Operations(), _terminal.Terminal));
        Assert.Contains($"- pipeline.dicom.port = 104  # {old}:2", _terminal.Lines);
        Assert.Contains($"+ pipeline.dicom.port = 105  # {next}:2", _terminal.Lines);
        Assert.Contains($"+ pipeline.chains.hand.ae-title = HAND  # {next}:3", _terminal.Lines);
    }

    [Fact]
    public void The_actor_runtime_sees_no_key_of_ours()
    {
        string file = Configure("site.conf", $"pipeline.encryption.keys = \"{Secrets[1]}\"\nakka.loglevel = DEBUG\n");
        var result = SiteConfiguration.Load(file, new Dictionary<string, string> { ["AKKA__STDOUT_LOGLEVEL"] = "OFF" });
        var akka = result.Configuration!.Akka;
        Assert.Equal(("DEBUG", "OFF"), (akka.GetString("akka.loglevel"), akka.GetString("akka.stdout-loglevel")));
        Assert.False(akka.HasPath("pipeline"));
        Assert.DoesNotContain(Secrets[1], akka.ToString(includeFallback: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_in_a_mistake_is_hidden_too()
    {
        string file = Configure("site.conf", "pipeline.encryption.keys = \"hunter2\"\npipeline.gateway.proxy = \"ftp://us:proxy-word@proxy.example\"");
        Assert.Equal(ExitCode.Usage, await CommandLine.InvokeAsync(["config", "check", file], new Operations(), _terminal.Terminal));
        Assert.Equal(3, _terminal.Complaints.Length);
        Assert.All(Secrets, secret => Assert.DoesNotContain(secret, _terminal.Errors, StringComparison.Ordinal));
    }

    private string Configure(string name, string text)
    {
        string file = Path.Combine(_folder.Path, name);
        File.WriteAllText(file, "pipeline.site { name = north, data-directory = data }\n" + text);
        return file;
    }
}
