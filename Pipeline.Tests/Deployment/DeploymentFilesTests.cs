using System.Text.Json;
using System.Text.RegularExpressions;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Monitoring;
using Pipeline.Tests.Host.Commands;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Pipeline.Tests.Deployment;

/// <summary>What is in docker/ and hocon/ fits together and fits the program: ports, paths, keys, names. No engine is at hand to try them in.</summary>
public sealed partial class DeploymentFilesTests
{
    private static readonly string Docker = Repository.Folder("docker");
    private static readonly string[] Hospitals = ["north", "south", "west"];
    private static readonly Dictionary<string, string> NoEnvironment = [];
    private static readonly YamlNode Compose = YamlFile.Read(Path.Combine(Docker, "compose.yaml")).Single();

    private static SiteSettings Defaults { get; } = Valid("pipeline.site { name = north, data-directory = data }", NoEnvironment);

    public static TheoryData<string> YamlFiles => [.. Directory.GetFiles(Docker, "*.yaml", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Docker, path))];

    [Theory]
    [MemberData(nameof(YamlFiles))]
    public void Every_YAML_file_parses_and_holds_something(string file) =>
        Assert.All(YamlFile.Read(Path.Combine(Docker, file)), document => Assert.NotEmpty(document.Map()));

    [Fact]
    public void Compose_gives_each_hospital_a_node_a_database_and_a_PACS_and_mounts_what_there_is()
    {
        var services = Compose.At("services").Map();
        Assert.Equal(["provision", .. Hospitals.SelectMany(h => new[] { h, $"{h}-db", $"{h}-pacs" }), "prometheus", "grafana"], services.Keys);
        var volumes = Compose.At("volumes").Map().Keys.ToHashSet();
        string secretsGuide = File.ReadAllText(Path.Combine(Docker, "secrets", "README.md"));
        Assert.All(Compose.At("secrets").Map(), secret => Assert.Matches($@"> {Regex.Escape(secret.Key)}\n", secretsGuide));
        foreach (var (name, service) in services)
        {
            foreach (string source in service.At("volumes").Items().Select(volume => volume.Text().Split(':')[0]))
                Assert.True(source.StartsWith("./", StringComparison.Ordinal) ? Path.Exists(Path.Combine(Docker, source)) : volumes.Contains(source), $"{name} mounts {source}");
            Assert.All(service.At("secrets").Items(), secret => Assert.NotNull(Compose.At("secrets", secret.Text())));
            Assert.All(service.At("ports").Items(), port => Assert.StartsWith("127.0.0.1:", port.Text(), StringComparison.Ordinal));
            Assert.All(service.At("depends_on").Map().Keys, other => Assert.Contains(other, services.Keys));
        }

        string[] published = [.. services.Values.SelectMany(s => s.At("ports").Items()).Select(p => p.Text().Split(':')[1])];
        Assert.Equal(published.Distinct(), published);
    }

    [Fact]
    public void Nodes_of_compose_have_keys_that_there_are_and_listen_where_their_ports_lead()
    {
        foreach (string hospital in Hospitals)
        {
            var service = Compose.At("services", hospital)!;
            var environment = service.At("environment").Map().ToDictionary(entry => entry.Key, entry => entry.Value.Text());
            // What pipeline init writes for provision.sh, and chain join.
            var site = Valid($$"""
                pipeline.site { name = {{hospital}}, data-directory = /sites/{{hospital}} }
                pipeline.gateway { enabled = on, listen = "0.0.0.0:7443" }
                pipeline.chains.chest-xray.ae-title = CHEST
                """, environment);
            Assert.Equal($"/sites/{hospital}", site.DataDirectory);
            Assert.Contains($"Host={hospital}-db", site.Chains.Single().ConnectionString, StringComparison.Ordinal);
            string[] inside = [.. service.At("ports").Items().Select(port => port.Text().Split(':')[^1])];
            Assert.Equal([$"{site.Dicom.Server.Port}", $"{site.Status.Listen.Port}"], inside);
            Assert.Contains(service.At("secrets").Items(), s => "/run/secrets/" + s.Text() == site.Status.TokenFile);
            Takes([.. service.At("command").Items().Select(word => word.Text())]);
            Takes([.. service.At("healthcheck", "test").Items().Skip(2).Select(word => word.Text())]);
            using var orthanc = JsonDocument.Parse(File.ReadAllText(Path.Combine(Docker, "orthanc", $"{hospital}.json")));
            var modality = orthanc.RootElement.GetProperty("DicomModalities").GetProperty("pipeline");
            Assert.Equal(("CHEST", hospital, site.Dicom.Server.Port!.Value), (modality[0].GetString(), modality[1].GetString(), modality[2].GetInt32()));
            string script = orthanc.RootElement.GetProperty("LuaScripts")[0].GetString()!;
            Assert.Contains(Compose.At("services", $"{hospital}-pacs", "volumes").Items(), volume => volume.Text().Contains($":{script}:", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Prometheus_scrapes_every_node_with_the_token_that_it_is_given()
    {
        var scrape = YamlFile.Read(Path.Combine(Docker, "prometheus", "prometheus.yaml")).Single();
        var job = scrape.At("scrape_configs").Items().Single();
        Assert.Equal(Hospitals.Select(h => $"{h}:{Defaults.Status.Listen.Port}"), job.At("static_configs").Items()[0].At("targets").Items().Select(t => t.Text()));
        var service = Compose.At("services", "prometheus")!;
        Assert.Contains(service.At("secrets").Items(), s => "/run/secrets/" + s.Text() == job.At("authorization", "credentials_file").Text());
        Assert.All(scrape.At("rule_files").Items(), file => Assert.Contains(service.At("volumes").Items(), volume => volume.Text().Contains($":{file.Text()}:", StringComparison.Ordinal)));
        foreach (var rule in YamlFile.Read(Path.Combine(Docker, "grafana", "alerts.yaml")).Single().At("groups").Items().SelectMany(g => g.At("rules").Items()))
        {
            Assert.All(new[] { rule.At("alert"), rule.At("expr"), rule.At("annotations", "summary"), rule.At("annotations", "mend") }, text => Assert.NotEmpty(text.Text()));
            Assert.Contains(rule.At("labels", "severity").Text(), new[] { "warning", "critical" });
        }
    }

    [Fact]
    public void Kubernetes_runs_one_replica_without_privileges_and_its_probes_and_ports_are_those_of_its_configuration()
    {
        var documents = YamlFile.Read(Path.Combine(Docker, "kubernetes", "site.yaml"));
        var site = Valid(documents.Single(d => d.At("kind").Text() == "ConfigMap").At("data", "site.conf").Text(), NoEnvironment);
        var set = documents.Single(d => d.At("kind").Text() == "StatefulSet");
        Assert.Equal("1", set.At("spec", "replicas").Text());
        var pod = set.At("spec", "template", "spec")!;
        var container = pod.At("containers").Items().Single();
        Assert.Equal(("true", "true", "false"), (pod.At("securityContext", "runAsNonRoot").Text(), container.At("securityContext", "readOnlyRootFilesystem").Text(),
            container.At("securityContext", "allowPrivilegeEscalation").Text()));
        var ports = container.At("ports").Items().ToDictionary(p => p.At("name").Text(), p => p.At("containerPort").Text());
        Assert.Equal(new() { ["dicom"] = $"{site.Dicom.Server.Port}", ["gateway"] = $"{site.Gateway.Listen!.Port}", ["status"] = $"{site.Status.Listen.Port}" }, ports);
        foreach (string probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" })
        {
            Assert.Contains(container.At(probe, "httpGet", "path").Text(), new[] { StatusRoutes.Live, StatusRoutes.Ready });
            Assert.Contains(container.At(probe, "httpGet", "port").Text(), ports.Keys);
        }

        Assert.True(site.Status.OpenHealth);
        string[] mounts = [.. container.At("volumeMounts").Items().Select(m => m.At("mountPath").Text())];
        Assert.All(new[] { site.DataDirectory, Path.GetDirectoryName(site.PassphraseFile)!, Path.GetDirectoryName(site.Status.TokenFile)!, Path.GetDirectoryName(container.At("args").Items()[^1].Text())! },
            folder => Assert.Contains(folder, mounts));
        Assert.All(container.At("volumeMounts").Items(), m => Assert.Contains(m.At("name").Text(), pod.At("volumes").Items().Select(v => v.At("name").Text()).Append("data")));
        Takes([.. container.At("args").Items().Select(word => word.Text())]);
        foreach (var service in documents.Where(d => d.At("kind").Text() == "Service"))
        {
            Assert.All(service.At("spec", "ports").Items(), port => Assert.Equal(ports[port.At("targetPort").Text()], port.At("port").Text()));
            if (service.At("spec", "type").Text() == "LoadBalancer")
                Assert.DoesNotContain(service.At("spec", "ports").Items(), port => port.At("targetPort").Text() == "status");
        }
    }

    [Fact]
    public void The_image_is_built_in_stages_runs_as_nobody_special_and_opens_the_ports_of_the_defaults()
    {
        string[] lines = [.. File.ReadAllLines(Path.Combine(Docker, "Dockerfile")).Where(line => line.Length > 0 && line[0] != '#')];
        Assert.Equal(2, lines.Count(line => line.StartsWith("FROM ", StringComparison.Ordinal)));
        Assert.Equal("USER pipeline", lines.Last(line => line.StartsWith("USER ", StringComparison.Ordinal)));
        var tls = Valid("pipeline.site { name = n, data-directory = d }\npipeline.dicom.tls { enabled = on, certificate = c, key = k, trusted = t }", NoEnvironment);
        int[] ports = [Defaults.Dicom.Server.Port!.Value, tls.Dicom.Server.Tls!.Port, 7443, Defaults.Status.Listen.Port];
        Assert.Equal($"EXPOSE {string.Join(' ', ports)}", lines.Single(line => line.StartsWith("EXPOSE", StringComparison.Ordinal)));
        foreach (string copied in lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal)).SelectMany(line => line.Split(' ')[1..^1]))
            Assert.True(Path.Exists(Repository.Folder(copied)), copied);
        string[] needed = [.. ProjectReference().Matches(string.Concat(new[] { "Pipeline.Host", "Pipeline.Actors" }.Select(p => File.ReadAllText(Repository.Folder($"{p}/{p}.csproj")))))
            .Select(match => match.Groups[1].Value).Where(p => !p.Contains("FoDicom", StringComparison.Ordinal)).Distinct()];
        Assert.All(needed, project => Assert.Contains(lines, line => line.Contains($"{project}/{project}.csproj", StringComparison.Ordinal)));
        Assert.Contains("TorchBackend", File.ReadAllText(Repository.Folder("Pipeline.Host/Pipeline.Host.csproj")), StringComparison.Ordinal);
        foreach (string command in new[] { "CMD [\"run\"", "HEALTHCHECK" })
        {
            string list = lines.Single(line => line.StartsWith(command, StringComparison.Ordinal));
            Takes([.. JsonSerializer.Deserialize<string[]>(list[list.IndexOf('[', StringComparison.Ordinal)..])!.Where(word => word != "/app/pipeline")]);
        }
    }

    [Fact]
    public async Task The_systemd_unit_runs_what_the_program_takes_and_gives_it_time_to_stop()
    {
        if (Tool.Exists("systemd-analyze"))
        {
            var (_, told) = await Tool.RunAsync("systemd-analyze", "verify", Path.Combine(Docker, "systemd", "pipeline.service"));
            // The program is not installed here; other units of this machine are not ours.
            Assert.DoesNotContain(told.Split('\n'), line => line.Contains("pipeline.service", StringComparison.Ordinal) && !line.Contains("is not executable", StringComparison.Ordinal));
        }

        string[] unit = await File.ReadAllLinesAsync(Path.Combine(Docker, "systemd", "pipeline.service"));
        foreach (string line in unit.Where(line => line.StartsWith("ExecStart", StringComparison.Ordinal)))
            Takes(line.Split('=', 2)[1].Split(' ')[1..]);
        foreach (string variable in unit.Where(line => line.StartsWith("Environment=PIPELINE__", StringComparison.Ordinal)).Select(line => line.Split('=', 2)[1]))
            Valid("pipeline.site { name = n, data-directory = d }", new() { [variable.Split('=')[0]] = variable.Split('=')[1] });
        Assert.Contains($"RestartPreventExitStatus={ExitCode.Usage}", unit);
        Assert.Contains("ExecReload=/bin/kill -HUP $MAINPID", unit);
        Assert.Contains("NoNewPrivileges=yes", unit);
    }

    [Fact]
    public void No_port_listens_beyond_this_machine_without_TLS_unless_the_configuration_says_so()
    {
        Assert.True(System.Net.IPAddress.IsLoopback(Defaults.Dicom.Server.Address));
        Assert.True(System.Net.IPAddress.IsLoopback(Defaults.Status.Listen.Address));
        Assert.False(Defaults.Gateway.Enabled);
        var result = SiteConfiguration.Parse("pipeline.site { name = n, data-directory = d }\npipeline.status { enabled = on, listen = \"0.0.0.0:9180\" }", "site.conf", NoEnvironment, out _);
        Assert.Contains(result.Errors, error => error.Key == "pipeline.status.listen" && error.Problem.Contains("plain = anywhere", StringComparison.Ordinal));
    }

    private static SiteSettings Valid(string text, Dictionary<string, string> environment)
    {
        var result = SiteConfiguration.Parse(text, "site.conf", environment, out _);
        Assert.True(result.IsValid, string.Join('\n', result.Errors));
        return result.Configuration.Site;
    }

    private static void Takes(string[] words)
    {
        using var terminal = new TestTerminal();
        Assert.Empty(CommandLine.Create(ProgramOperations.All, terminal.Terminal).Parse(words).Errors.Select(error => $"{string.Join(' ', words)}: {error.Message}"));
    }

    [GeneratedRegex(@"ProjectReference Include=""\.\./([\w.]+)/")]
    private static partial Regex ProjectReference();
}
