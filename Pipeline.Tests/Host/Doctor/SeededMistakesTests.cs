using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Commands;
using Pipeline.Host.Doctor;
using Pipeline.Host.Site;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Host.Doctor;

/// <summary>Mistakes as operators make them, each of which must be found with its key, its file and its mend.</summary>
public sealed class SeededMistakesTests : IDisposable
{
    private const string Gateway = "pipeline.gateway { enabled = on, certificate = \"FOLDER/tls.crt\", key = \"FOLDER/tls.key\" }\n";
    private const string Chain = "pipeline.chains.chest { ae-title = CHEST, genesis = \"FOLDER/genesis.cbor\", labels = \"FOLDER/labels.csv\" }\n";

    private const string Operations =
        "pipeline.status { enabled = on, listen = \"127.0.0.1:0\", operations = on, token-file = \"FOLDER/reader.token\", operator-token-file = \"FOLDER/operator.token\" }\n";

    private const string Node = "pipeline.cluster { enabled = on, node = a, seed-nodes = [\"127.0.0.1:4053\"], ";

    private readonly TestFolder _folder = new();
    private readonly TestTerminal _terminal = new();

    public void Dispose()
    {
        _terminal.Dispose();
        _folder.Dispose();
    }

    private static IReadOnlyList<SeededMistake> Mistakes { get; } =
    [
        new("a key is mistyped", "pipeline.dicom.prt = 104", "pipeline.dicom.prt", "did you mean 'pipeline.dicom.port'") { InConfiguration = true },
        new("a section is mistyped", "pipline.dicom.port = 104", "pipline", "did you mean 'pipeline'") { InConfiguration = true },
        new("a key of a chain is mistyped", "pipeline.chains.chest.lables = x", "pipeline.chains.chest.lables", "'pipeline.chains.chest.labels'") { InConfiguration = true },
        new("a port is no port", "pipeline.dicom.port = 70000", "pipeline.dicom.port", "integer 0 … 65535") { InConfiguration = true },
        new("a duration has no unit", "pipeline.dicom.artim-timeout = 30", "pipeline.dicom.artim-timeout", "\"30s\"") { InConfiguration = true },
        new("a size is counted in thousands", "pipeline.dicom.max-pdu = 128MB", "pipeline.dicom.max-pdu", "units are B, KiB, MiB") { InConfiguration = true },
        new("a device has the wrong name", "pipeline.trainer.device = gpu", "pipeline.trainer.device", "auto | cpu | cuda:N") { InConfiguration = true },
        new("an AE title is too long", "pipeline.dicom.ae-title = A_TITLE_OF_18_CHARS", "pipeline.dicom.ae-title", "1 to 16 characters") { InConfiguration = true },
        new("two chains share an AE title", "pipeline.chains { a.ae-title = X\n b.ae-title = X }", "pipeline.chains.b.ae-title", "give each chain its own") { InConfiguration = true },
        new("a variable is substituted", "pipeline.dicom.port = ${PORT}", "line", "environment variable PIPELINE__") { InConfiguration = true },
        new("a brace is left open", "pipeline { dicom { port = 104 }", "line", "never closed") { InConfiguration = true },
        new("PostgreSQL without a server", "pipeline.chains.chest { ae-title = X, journal = postgresql }", "pipeline.chains.chest.connection-string", "missing") { InConfiguration = true },
        new("one port for two things", "pipeline.dicom.port = 7443\npipeline.gateway { enabled = on, listen = \"127.0.0.1:7443\" }", "pipeline.gateway.listen", "give each its own") { InConfiguration = true },
        new("TLS without a certificate", "pipeline.dicom.tls.enabled = on", "pipeline.dicom.tls.certificate", "TLS needs certificate, key and trusted") { InConfiguration = true },
        new("a node would be dialled at every address", Node + "host = \"0.0.0.0\" }", "pipeline.cluster.host", "this node's own name or address") { InConfiguration = true },
        new("readers and operators have one token file", "pipeline.status { enabled = on, operations = on, token-file = \"FOLDER/t\", operator-token-file = \"FOLDER/t\" }",
            "pipeline.status.operator-token-file", "name two files") { InConfiguration = true },
        new("the readers' token file is the operators' by default", "pipeline.status { enabled = on, operations = on, token-file = \"FOLDER/data/keys/operator.token\" }",
            "pipeline.status.token-file", "name two files") { InConfiguration = true },
        new("tokens for any service of the identity provider", "pipeline.status.oidc { authority = \"https://id.example\", reader-role = r }",
            "pipeline.status.oidc.audience", "any other service") { InConfiguration = true },
        new("operations in clear over the network", "pipeline.status { enabled = on, operations = on, plain = anywhere, listen = \"0.0.0.0:9180\" }",
            "pipeline.status.operations", "certificate and key, or listen on 127.0.0.1") { InConfiguration = true },
        new("the site has no name", "pipeline.site.name = \"\"", "pipeline.site.name", "required: lower-case letters") { InConfiguration = true },

        new("the data directory is no folder", "pipeline.site.data-directory = \"FOLDER/file/data\"", "pipeline.site.data-directory", "a folder that this user may write to")
        {
            Prepare = folder => Write(folder, "file", ""),
        },
        new("the disk is nearly full", "pipeline.ingest.low-watermark = 16TiB", "pipeline.ingest.low-watermark", "make room"),
        new("the passphrase is that of another site", "pipeline.site.passphrase-file = \"FOLDER/passphrase\"", "pipeline.site.passphrase-file", "give the passphrase of the keys")
        {
            Prepare = folder =>
            {
                SiteIdentity.Protect(Path.Combine(folder, "data"), "the passphrase of the site").Dispose();
                return Secret(folder, "passphrase", "the passphrase of another");
            },
        },
        new("others can read the passphrase", "pipeline.site.passphrase-file = \"FOLDER/passphrase\"", "pipeline.site.passphrase-file", "chmod 600")
        {
            Prepare = folder => Write(folder, "passphrase", "a passphrase for everybody"),
        },
        new("the keys of encryption are damaged", "pipeline.encryption { at-rest = on, key-file = \"FOLDER/storage.keys\" }", "pipeline.encryption.key-file", "64 hexadecimal digits")
        {
            Prepare = folder => Secret(folder, "storage.keys", "no key"),
        },
        new("others can read the operators' token", Operations, "pipeline.status.operator-token-file", "chmod 600")
        {
            Prepare = folder => Write(folder, "operator.token", "0123456789abcdef0123456789abcdef"),
        },
        new("operators have the readers' token", Operations, "pipeline.status.operator-token-file", "the next start makes another one")
        {
            Prepare = folder =>
            {
                Secret(folder, "reader.token", "0123456789abcdef0123456789abcdef\n");
                return Secret(folder, "operator.token", "0123456789abcdef0123456789abcdef");
            },
        },
        new("the certificate has expired", Gateway, "pipeline.gateway.certificate", "renew it") { Prepare = folder => Certificate(folder, DateTimeOffset.UtcNow.AddDays(-900)) },
        new("the certificate is that of another key", Gateway, "pipeline.gateway.key", "belong together")
        {
            Prepare = folder =>
            {
                Certificate(folder, DateTimeOffset.UtcNow);
                using var other = CertificateFactory.NewKey();
                return Secret(folder, "tls.key", other.ExportPkcs8PrivateKeyPem());
            },
        },
        new("there is no certificate", Gateway, "pipeline.gateway.certificate", "pipeline init makes both"),
        new("the authority's file is missing", Gateway + "pipeline.gateway.trusted-ca = \"FOLDER/ca.pem\"", "pipeline.gateway.trusted-ca", "name a PEM file")
        {
            Prepare = folder => Certificate(folder, DateTimeOffset.UtcNow),
        },
        new("the DICOM port is taken", "pipeline.dicom.port = PORT", "pipeline.dicom.port", "stop the process that has the port"),
        new("the port between nodes is taken", Node + "port = PORT }", "pipeline.cluster.port", "stop the process that has the port"),
        new("a node has no address", Node + "host = nowhere.invalid, plain = anywhere }", "pipeline.cluster.host", "as the others can look it up"),
        new("a node's certificate is missing", Node + "tls { certificate = \"FOLDER/a.crt\", key = \"FOLDER/a.key\", trusted-ca = \"FOLDER/ca.crt\" } }",
            "pipeline.cluster.tls.certificate", "spread-a-site"),
        new("the label file is missing", Chain, "pipeline.chains.chest.labels", "mend the file"),
        new("a label names no class", Chain, "pipeline.chains.chest.labels", "mend the file") { Prepare = folder => Write(folder, "labels.csv", "patient_id,label\nP1,broken\n") },
        new("the genesis is damaged", Chain, "pipeline.chains.chest.genesis", "pipeline chain join") { Prepare = folder => Write(folder, "genesis.cbor", "no genesis") },
        new("the journal's server is away", "pipeline.chains.chest { ae-title = X, journal = postgresql, connection-string = \"Host=127.0.0.1;Port=1;Username=u;Password=hunter2\" }",
            "pipeline.chains.chest.connection-string", "check host, port, database and user"),
        new("a member does not answer", Gateway + "pipeline.gateway.peers.south.address = \"127.0.0.1:1\"", "pipeline.gateway.peers.south.address", "firewalls")
        {
            Prepare = folder => Certificate(folder, DateTimeOffset.UtcNow),
        },
        new("the PACS does not answer", "pipeline.dicom.peers.archive { ae-title = ARCHIVE, report-to = \"127.0.0.1:1\" }", "pipeline.dicom.peers.archive.report-to", "check address and AE title"),
        new("the identity provider does not answer", "pipeline.status { enabled = on, listen = \"127.0.0.1:0\", oidc { authority = \"http://127.0.0.1:1\", audience = a, reader-role = r } }",
            "pipeline.status.oidc.authority", "let this machine reach it"),
        new("a GPU that is not there", "pipeline.trainer.device = \"cuda:63\"", "pipeline.trainer.device", "set it to auto or cpu"),
    ];

    public static TheoryData<string> Names => [.. Mistakes.Select(mistake => mistake.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_doctor_names_key_file_and_mend(string name)
    {
        var mistake = Mistakes.Single(m => m.Name == name);
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen(1);
        using var prepared = mistake.Prepare(_folder.Path);
        string file = Configure(mistake.Text.Replace("PORT", $"{((IPEndPoint)taken.LocalEndPoint!).Port}", StringComparison.Ordinal));
        string json = Path.Combine(_folder.Path, "findings.json");

        Assert.Equal(ExitCode.Failed, await DoctorRunner.RunAsync(new DoctorRequest(file, json, false), _terminal.Terminal, default));

        using var findings = JsonDocument.Parse(await File.ReadAllTextAsync(json));
        Assert.Contains(findings.RootElement.EnumerateArray(), finding =>
            finding.GetProperty("level").GetString() == "error" && finding.GetProperty("key").GetString()!.StartsWith(mistake.Key, StringComparison.Ordinal)
            && (finding.GetProperty("place").GetString() ?? "").StartsWith(file, StringComparison.Ordinal)
            && (finding.GetProperty("mend").GetString() + finding.GetProperty("what").GetString()).Contains(mistake.Mend, StringComparison.Ordinal));
        Assert.Contains(mistake.Mend, _terminal.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", _terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_check_and_run_name_file_line_key_and_mend()
    {
        var mistakes = Mistakes.Where(m => m.InConfiguration).ToArray();
        Assert.True(mistakes.Length >= 12);
        var operations = new Operations { Run = (_, _, _) => throw new InvalidOperationException("a site was begun") };
        foreach (var (mistake, command) in mistakes.SelectMany(m => new[] { (m, (string[])["config", "check"]), (m, ["run", "--config"]) }))
        {
            _terminal.Clear();
            string file = Configure(mistake.Text);
            Assert.Equal(ExitCode.Usage, await CommandLine.InvokeAsync([.. command, file], operations, _terminal.Terminal));
            string complaint = Assert.Single(_terminal.Complaints, line => line.Contains($": {mistake.Key}", StringComparison.Ordinal));
            Assert.StartsWith($"pipeline: {file}:", complaint, StringComparison.Ordinal);
            Assert.Contains(mistake.Mend, complaint, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_sound_site_has_nothing_to_mend_and_nothing_is_left_behind()
    {
        string file = Configure("");
        Assert.Equal(ExitCode.Ok, await DoctorRunner.RunAsync(new DoctorRequest(file, null, true), _terminal.Terminal, default));
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "data")));
        Assert.Contains(": 0 to mend", _terminal.Output, StringComparison.Ordinal);
    }

    private string Configure(string text)
    {
        string file = Path.Combine(_folder.Path, "site.conf");
        File.WriteAllText(file, $$"""
            pipeline.site { name = north, data-directory = "FOLDER/data" }
            pipeline.dicom { host = "127.0.0.1", port = 0 }
            pipeline.ingest.low-watermark = 0B
            {{text}}
            """.Replace("FOLDER", _folder.Path, StringComparison.Ordinal));
        return file;
    }

    private static Nothing? Write(string folder, string name, string text)
    {
        File.WriteAllText(Path.Combine(folder, name), text);
        return null;
    }

    private static Nothing? Secret(string folder, string name, string text)
    {
        OwnerFile.Write(Path.Combine(folder, name), System.Text.Encoding.UTF8.GetBytes(text), replace: true);
        return null;
    }

    private static Nothing? Certificate(string folder, DateTimeOffset now)
    {
        using var key = CertificateFactory.NewKey();
        using X509Certificate2 certificate = CertificateFactory.SelfSigned(key, "north", "", now);
        Write(folder, "tls.crt", certificate.ExportCertificatePem());
        return Secret(folder, "tls.key", key.ExportPkcs8PrivateKeyPem());
    }

    private sealed class Nothing : IDisposable
    {
        public void Dispose() { }
    }
}
