using Akka.Actor;
using Pipeline.Host.Configuration;
using Pipeline.Ledger.Consensus;
using Xunit;

namespace Pipeline.Tests.Host.Configuration;

public sealed class SiteConfigurationTests
{
    private const string Minimal = "pipeline.site { name = north, data-directory = data/north }\n";

    private static readonly Dictionary<string, string> NoEnvironment = [];

    [Fact]
    public void Defaults_are_those_of_the_reference()
    {
        var site = Valid(Minimal).Site;
        Assert.Equal("north", site.Name);
        Assert.Equal(Path.GetFullPath("data/north"), site.DataDirectory);
        Assert.Equal(["ingest", "trainer", "ledger", "bridge"], site.Roles);
        Assert.Equal(("PIPELINE", 11112, 32, 128 * 1024), (site.Dicom.AeTitle, site.Dicom.Server.Port, site.Dicom.Server.MaxAssociations, site.Dicom.Server.MaxPduLength));
        Assert.Equal(TimeSpan.FromSeconds(30), site.Dicom.Server.Artim);
        Assert.Equal(256L << 20, site.Ingest.SampleCacheBytes);
        Assert.Equal(("auto", 0), (site.Trainer.Device, site.Trainer.Threads));
        Assert.Equal(ConsensusTimeouts.Default, site.Consensus);
        Assert.Equal(50L << 30, site.Payloads.QuotaBytes);
        Assert.Equal(PayloadSettings.DiskDispatcher, site.Payloads.Exchange.Dispatcher);
        Assert.Empty(site.Chains);
    }

    [Fact]
    public void Chains_take_their_defaults_and_override_them()
    {
        var chains = Valid(Minimal + """
            pipeline {
              dicom.ae-title = SITE
              chain-defaults.test-share = 0.2
              chains {
                hand { }
                chest-xray { ae-title = CHEST, modality = DX, labels = "l.csv", journal = postgresql, connection-string = "Host=db", test-share = 0 }
              }
            }
            """).Site.Chains;

        Assert.Equal(["chest-xray", "hand"], chains.Select(chain => chain.Name));
        Assert.Equal(("CHEST", "DX", Path.GetFullPath("l.csv"), "postgresql", "Host=db", 0.15, 0.0),
            (chains[0].AeTitle, chains[0].Modality, chains[0].LabelsFile, chains[0].Journal, chains[0].ConnectionString, chains[0].ValidationShare, chains[0].TestShare));
        Assert.Equal(("SITE", null, null, "sqlite", null, 0.2),
            (chains[1].AeTitle, chains[1].Modality, chains[1].LabelsFile, chains[1].Journal, chains[1].ConnectionString, chains[1].TestShare));
        Assert.Equal(Path.GetFullPath("data/north/chains/hand/genesis.cbor"), chains[1].GenesisFile);
    }

    [Fact]
    public void The_environment_wins_over_the_file_and_the_file_over_the_reference()
    {
        var configuration = Valid(Minimal + "pipeline.dicom { port = 104, ae-title = FILE }\nakka.loglevel = DEBUG", new()
        {
            ["PIPELINE__DICOM__PORT"] = "0",
            ["PIPELINE__SITE__DATA_DIRECTORY"] = "/srv/x",
            ["PIPELINE__SITE__ROLES"] = "[ingest, ledger]",
            ["PIPELINE__CHAINS__CHEST_XRAY__AE_TITLE"] = "CHEST",
            ["AKKA__STDOUT_LOGLEVEL"] = "OFF",
            ["PATH"] = "/bin",
        });

        Assert.Equal((0, "FILE", "/srv/x"), (configuration.Site.Dicom.Server.Port, configuration.Site.Dicom.AeTitle, configuration.Site.DataDirectory));
        Assert.Equal(["ingest", "ledger"], configuration.Site.Roles);
        Assert.Equal(("chest-xray", "CHEST"), configuration.Site.Chains.Select(chain => (chain.Name, chain.AeTitle)).Single());
        Assert.Equal(("DEBUG", "OFF"), (configuration.Akka.GetString("akka.loglevel"), configuration.Akka.GetString("akka.stdout-loglevel")));
        Assert.Equal(TimeSpan.FromSeconds(10), configuration.Akka.GetTimeSpan("akka.actor.ask-timeout"));
    }

    [Fact]
    public void All_mistakes_are_reported_at_once_with_key_value_range_and_source()
    {
        var errors = Errors("""
            pipeline {
              site { name = "North Hospital" }
              dicom { prt = 104, port = 70000, artim-timeout = 30, max-pdu = "128 MB", ae-title = "THIS TITLE IS TOO LONG", host = nowhere }
              trainer.device = gpu
              site.roles = [ingest, admin]
              chains.Chest.ae-title = X
              chains.hand.lables = "x.csv"
            }
            pipline.site.name = x
            """, new() { ["PIPELINE__INGEST__PARALLELISM"] = "many" });

        Expect(errors, "pipeline.site.name", "North Hospital", "lower-case");
        Expect(errors, "pipeline.site.data-directory", null, "missing");
        Expect(errors, "pipeline.dicom.prt", null, "'pipeline.dicom.port'");
        Expect(errors, "pipeline.dicom.port", "70000", "integer 0 … 65535");
        Expect(errors, "pipeline.dicom.artim-timeout", "30", "duration 1s … 10m");
        Expect(errors, "pipeline.dicom.max-pdu", "128 MB", "size 4KiB … 16MiB");
        Expect(errors, "pipeline.dicom.ae-title", "TOO LONG", "1 to 16 characters");
        Expect(errors, "pipeline.dicom.host", "nowhere", "IP address");
        Expect(errors, "pipeline.trainer.device", "gpu", "cuda:N");
        Expect(errors, "pipeline.site.roles", "[ingest, admin]", "list of ingest");
        Expect(errors, "pipeline.chains.Chest", null, "lower-case");
        Expect(errors, "pipeline.chains.hand.lables", null, "'pipeline.chains.hand.labels'");
        Expect(errors, "pipline", null, "'pipeline'");
        Assert.Contains(errors, error => error.Key == "pipeline.ingest.parallelism" && error.Source == "environment variable PIPELINE__INGEST__PARALLELISM");
        Assert.All(errors.Where(error => error.Key != "pipeline.ingest.parallelism"), error => Assert.Equal("test.conf", error.Source));
        Assert.Equal(14, errors.Count);
    }

    [Theory]
    [InlineData("pipeline.dicom.port = ${PORT}", "line 2", "substitutions")]
    [InlineData("pipeline.dicom.port = ${?PORT}", "line 2", "substitutions")]
    [InlineData("include \"other.conf\"", "line 2", "include")]
    [InlineData("pipeline.site.roles += ingest", "line 2", "'+='")]
    [InlineData("pipeline { dicom { port = 1 }", "line 2", "never closed")]
    [InlineData("pipeline.dicom.port = 1 }", "line 2", "closes nothing")]
    [InlineData("pipeline.dicom.ae-title = \"OPEN", "line 2", "no end")]
    [InlineData("pipeline.chains { a { height = 8 }, b { height = 8 } }", "line 2", "is no HOCON: Unknown token at ','")]
    public void What_the_parser_would_misread_is_refused_with_its_line(string line, string where, string problem) =>
        Expect(Errors(Minimal + line), where, null, problem);

    [Fact]
    public void Comments_and_quoted_texts_may_hold_anything()
    {
        var site = Valid("# ${x} += { include\n// [\n" + Minimal + "pipeline.chain-defaults.labels = \"a{b#c${d}+=.csv\" # {").Site;
        Assert.Equal("north", site.Name);
    }

    [Theory]
    [InlineData("pipeline.dicom = 5")]
    [InlineData("pipeline.dicom.port = {}")]
    [InlineData("pipeline.dicom.port = [1]")]
    [InlineData("pipeline.dicom.port = \"\"")]
    [InlineData("pipeline.dicom.port = 1.5")]
    [InlineData("pipeline.dicom.port = null")]
    [InlineData("pipeline.chains.hand = AE")]
    [InlineData("pipeline.chains = []")]
    [InlineData("pipeline.chains.hand.ae-title = {}")]
    [InlineData("pipeline.chains.hand.journal = postgresql")]
    [InlineData("pipeline.consensus.vote-timeout = 1e3ms")]
    [InlineData("pipeline.payloads.quota = 50GB")]
    [InlineData("pipeline.site.roles = ingest")]
    [InlineData("pipeline.site.roles = []")]
    public void A_value_of_the_wrong_kind_is_a_mistake(string line) => Assert.NotEmpty(Errors(Minimal + line));

    [Fact]
    public void A_wrong_connection_string_is_a_mistake_that_does_not_show_the_password()
    {
        var errors = Errors(Minimal + "pipeline.chain-defaults { journal = postgresql, connection-string = \"Hots=db;Password=secret\" }\npipeline.chains.a.ae-title = X");
        Expect(errors, "pipeline.chains.a.connection-string", null, "no connection string");
        Assert.DoesNotContain(errors, error => error.ToString().Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_chains_cannot_share_an_AE_title() => Expect(
        Errors(Minimal + "pipeline.chains.a.ae-title = X\npipeline.chains.b.ae-title = X"), "pipeline.chains.b.ae-title", "X", "'a' too");

    [Fact]
    public void A_missing_file_is_one_clear_mistake()
    {
        var result = SiteConfiguration.Load(Path.Combine(Path.GetTempPath(), "absent", "site.conf"), NoEnvironment);
        Assert.False(result.IsValid);
        Assert.Contains("cannot be read", result.Errors.Single().ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string> ShippedFiles => [.. Directory.GetFiles(Repository.Folder("hocon"), "*.conf").Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(ShippedFiles))]
    public void Every_file_in_the_hocon_folder_is_valid(string file)
    {
        var result = SiteConfiguration.Load(Path.Combine(Repository.Folder("hocon"), file), NoEnvironment);
        Assert.True(result.IsValid, string.Join("\n", result.Errors));
    }

    [Fact]
    public void The_akka_part_starts_an_actor_system_with_the_disk_dispatcher()
    {
        using var system = ActorSystem.Create("configuration", Valid(Minimal).Akka);
        Assert.True(system.Dispatchers.HasDispatcher(PayloadSettings.DiskDispatcher));
        Assert.Equal(64 * 1024, system.Settings.Config.GetByteSize("akka.io.tcp.maximum-frame-size"));
        Assert.False(system.Settings.Config.GetBoolean("akka.actor.serialization-settings.allow-unregistered-types", true));
        Assert.NotNull(system.Dispatchers.Lookup(PayloadSettings.DiskDispatcher));
    }

    /// <summary>The reference is the one place where a person looks: each key is read, and its comment states what the reader checks.</summary>
    [Fact]
    public void Every_key_of_the_reference_is_read_and_documented_with_the_range_that_is_checked()
    {
        var result = SiteConfiguration.Parse(Minimal, "test.conf", NoEnvironment, out var reader);
        Assert.True(result.IsValid);
        var documented = ReferenceDocument.Read(SiteConfiguration.Reference);
        Assert.Equal(documented.Keys.Order(), reader!.Legends.Keys.Order());
        Assert.All(documented, entry => Assert.Equal((entry.Key, reader.Legends[entry.Key]), (entry.Key, entry.Value.Legend)));
        Assert.All(documented, entry => Assert.True(entry.Value.Meaning.Length > 10, $"{entry.Key} has no meaning"));
    }

    private static SiteConfiguration Valid(string text, Dictionary<string, string>? environment = null)
    {
        var result = SiteConfiguration.Parse(text, "test.conf", environment ?? NoEnvironment, out _);
        Assert.True(result.IsValid, string.Join("\n", result.Errors));
        return result.Configuration;
    }

    private static IReadOnlyList<ConfigurationError> Errors(string text, Dictionary<string, string>? environment = null)
    {
        var result = SiteConfiguration.Parse(text, "test.conf", environment ?? NoEnvironment, out _);
        Assert.False(result.IsValid);
        return result.Errors;
    }

    private static void Expect(IReadOnlyList<ConfigurationError> errors, string key, string? value, string problem) =>
        Assert.Contains(errors, error => error.Key == key && error.Problem.Contains(problem, StringComparison.Ordinal) &&
            (value is null || error.Value?.Contains(value, StringComparison.Ordinal) == true));
}
