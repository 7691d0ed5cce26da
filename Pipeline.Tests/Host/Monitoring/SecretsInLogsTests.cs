using Pipeline.Host.Ceremony;
using Pipeline.Host.Monitoring;
using Pipeline.Host.Site;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Site;
using Xunit;

namespace Pipeline.Tests.Host.Monitoring;

/// <summary>A site that is told to say everything says no secret.</summary>
public sealed class SecretsInLogsTests : IDisposable
{
    private const string Phrase = "a passphrase that nobody reads", StorageKey = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2";

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nothing_that_a_process_prints_holds_a_passphrase_a_key_or_a_token()
    {
        string passphrase = Path.Combine(_folder.Path, "passphrase");
        OwnerFile.Write(passphrase, System.Text.Encoding.UTF8.GetBytes(Phrase), replace: true);
        SiteIdentity.Protect(RunningSite.DataOf(_folder.Path), Phrase).Dispose();
        string file = RunningSite.Configure(_folder.Path, $$"""
            pipeline.site.passphrase-file = "{{passphrase}}"
            pipeline.encryption { at-rest = on, keys = "{{StorageKey}}" }
            pipeline.status { enabled = on, listen = "127.0.0.1:0" }
            pipeline.chains.chest { ae-title = CHEST }
            akka { loglevel = DEBUG, stdout-loglevel = DEBUG, log-config-on-start = on }
            """);
        await using var site = await SiteProcess.StartAsync(file);
        await RunningSite.Until(() => site.Output.Contains("status at http", StringComparison.Ordinal), () => $"it does not run; it printed: {site.Output}");
        await site.SignalAsync("TERM");
        Assert.Equal(0, await site.ExitCodeAsync());
        Assert.Contains("log-config-on-start", site.Output, StringComparison.Ordinal);
        Assert.True(site.Output.Length > 5000, site.Output);
        string token = StatusToken.Read(Path.Combine(RunningSite.DataOf(_folder.Path), "keys", "status.token"));
        Assert.All(new[] { Phrase, StorageKey, token }, secret => Assert.DoesNotContain(secret, site.Output, StringComparison.OrdinalIgnoreCase));
    }
}
