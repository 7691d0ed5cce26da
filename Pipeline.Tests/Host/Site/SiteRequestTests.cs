using System.Net.Http.Headers;
using System.Text;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Storage;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Commands;
using Pipeline.Host.Site;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Host.Site;

/// <summary>An operator's commands beside the running site, and encryption at rest as its file turns it on.</summary>
public sealed class SiteRequestTests : IDisposable
{
    private const string Config = """
        pipeline.encryption { at-rest = on }
        pipeline.chains.chest {
          ae-title = CHEST, height = 32, width = 32, classes = "female,male"
          label-attribute = "(0010,0040)", label-values = ["F = female", "M = male"], view-positions = [PA]
        }
        """;

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_an_operator_decides_the_running_site_carries_out_and_tells()
    {
        await using (RunningSite site = await RunningSite.StartAsync(_folder.Path, Config))
        {
            DicomDataSet Image(string uid, string modality, string view = "PA") => TestImages.Gray(uid, 32, 32, i => i % 4096, "PATIENT-" + uid, modality)
                .Set(DicomTags.ViewPosition, view);
            await using (var association = (await site.CallAsync("CHEST")).Require())
            {
                foreach (DicomDataSet image in new[]
                {
                    Image("1.2.1", "US"), Image("1.2.2", "US"), Image("1.2.3", "CR"), Image("1.2.4", "CR", "LL"), Image("1.2.5", "CR").Set(DicomTags.PatientSex, "O"),
                })
                {
                    Assert.True((await association.StoreAsync(image)).Require().IsSuccess);
                }
            }

            var counters = await site.Handled("chest", 5);
            Assert.Equal(new Dictionary<string, long> { ["burned-in-text"] = 2, ["unknown-label"] = 1 }, counters.Quarantined);
            Assert.Equal(new Dictionary<string, long> { ["view-position"] = 1 }, counters.OutOfScope);

            string look = Path.Combine(_folder.Path, "look.dcm");
            Assert.Contains("the original is in", await Run("quarantine", "show", "0", "--to", look), StringComparison.Ordinal);
            Assert.Equal("1.2.1", DicomReader.ReadFile(await File.ReadAllBytesAsync(look)).Require().DataSet.Text(DicomTags.SopInstanceUid));
            File.Delete(look);
            Assert.Contains("instance 0: its image is sample", await Run("quarantine", "release", "0", "--reason", "no text"), StringComparison.Ordinal);
            Assert.Contains("instance 4: deleted", await Run("quarantine", "drop", "--held-for", "unknown-label", "--reason", "no class"), StringComparison.Ordinal);
            Assert.Contains("patient: 1 samples and 0 instances", await Run("patient", "erase", "PATIENT-1.2.3", "--reason", "withdrawn"), StringComparison.Ordinal);
            string list = await Run("samples", "list");
            Assert.Contains("female", list, StringComparison.Ordinal);
            Assert.Contains("2 taken out (dropped 1, erased 1)", list, StringComparison.Ordinal);
            Assert.Equal(0, await site.StopAsync());
        }

        string keys = Path.Combine(RunningSite.DataOf(_folder.Path), "keys", "storage.keys");
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(keys));
        Assert.All(Directory.GetFiles(RunningSite.DataOf(_folder.Path), "*", SearchOption.AllDirectories), path =>
            Assert.DoesNotContain("PATIENT-", Encoding.Latin1.GetString(File.ReadAllBytes(path)), StringComparison.Ordinal));

        // Without its key the site does not start, and says which one is missing.
        File.Move(keys, keys + ".away");
        var failure = await Assert.ThrowsAsync<CommandFailedException>(() => RunningSite.StartAsync(_folder.Path, Config));
        Assert.Contains("not among the storage keys", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_site_whose_keys_are_encrypted_erases_patients_over_the_port_and_by_the_command()
    {
        string passphrase = Path.Combine(_folder.Path, "passphrase");
        OwnerFile.Write(passphrase, "a passphrase of this test"u8.ToArray(), replace: true);
        using (var terminal = new TestTerminal())
        {
            Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync(
                ["init", "north", "--data", RunningSite.DataOf(_folder.Path), "--passphrase-file", passphrase], new Operations { Init = SiteProvisioning.InitAsync }, terminal.Terminal));
        }

        Assert.True(SiteIdentity.IsProtected(RunningSite.DataOf(_folder.Path)));
        await using RunningSite site = await RunningSite.StartAsync(
            _folder.Path, Config + $"\npipeline.site.passphrase-file = \"{passphrase}\"\npipeline.status {{ enabled = on, listen = \"127.0.0.1:0\", operations = on }}");
        await using (var association = (await site.CallAsync("CHEST")).Require())
        {
            foreach (int i in (int[])[1, 2])
                Assert.True((await association.StoreAsync(TestImages.Gray($"1.2.{i}", 32, 32, p => (p * i) % 4096, $"PATIENT-{i}", "CR").Set(DicomTags.ViewPosition, "PA"))).Require().IsSuccess);
        }

        await site.Handled("chest", 2);
        using var port = await OperatorClient.ConnectAsync(site);
        Assert.Contains("patient: 1 samples and 0 instances", await port.Done("erasures", """{ "patientId": "PATIENT-1", "reason": "withdrawn" }"""), StringComparison.Ordinal);
        Assert.Contains("patient: 1 samples and 0 instances", await Run("patient", "erase", "PATIENT-2", "--reason", "withdrawn"), StringComparison.Ordinal);
        Assert.Equal(0, await site.StopAsync());
    }

    [Fact]
    public async Task The_status_port_takes_the_same_decisions_from_whoever_shows_the_operators_token()
    {
        await using RunningSite site = await RunningSite.StartAsync(_folder.Path, Config + "\npipeline.status { enabled = on, listen = \"127.0.0.1:0\", operations = on }");
        await using (var association = (await site.CallAsync("CHEST")).Require())
        {
            for (int i = 1; i <= 3; i++)
            {
                DicomDataSet image = TestImages.Gray($"1.2.{i}", 32, 32, p => (p * i) % 4096, $"PATIENT-{i}", i == 3 ? "CR" : "US").Set(DicomTags.ViewPosition, "PA");
                Assert.True((await association.StoreAsync(image)).Require().IsSuccess);
            }
        }

        await site.Handled("chest", 3);
        using var port = await OperatorClient.ConnectAsync(site);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(port.OperatorTokenFile));

        const string release = """{ "action": "release", "chain": "chest", "instances": [0], "reason": "no text" }""";
        var reader = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(port.TokenFile)).Trim());
        Assert.Equal(401, (await port.PostAsync("quarantine", release, reader)).Code);
        // What a browser would send for a page of somebody else.
        var basic = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes("me:" + port.Bearer.Parameter)));
        Assert.Equal(401, (await port.PostAsync("quarantine", release, basic)).Code);
        Assert.Contains("instance 0: its image is sample", await port.Done("quarantine", release), StringComparison.Ordinal);
        Assert.Contains("instance 1: deleted", await port.Done("quarantine", """{ "action": "drop", "instances": [1], "reason": "a name" }"""), StringComparison.Ordinal);
        Assert.Contains("patient: 1 samples and 0 instances", await port.Done("erasures", """{ "patientId": "PATIENT-3", "reason": "withdrawn" }"""), StringComparison.Ordinal);
        await port.Refused(409, "instance 7 is not in quarantine", "quarantine", """{ "action": "drop", "instances": [7], "reason": "x" }""");
        await port.Refused(409, "has not joined chain 'absent'", "chains/absent/propose", """{ "words": ["pause"] }""");
        Assert.Contains("operator at the status port: erasure of a patient: patient: 1 samples", site.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("PATIENT-", site.Output, StringComparison.Ordinal);
        Assert.Contains("\"north\"", await port.GetAsync("status"), StringComparison.Ordinal);
        Assert.Equal(0, await site.StopAsync());
    }

    [Fact]
    public async Task A_site_whose_operators_have_the_readers_token_does_not_start()
    {
        foreach (string name in (string[])["reader", "operator"])
            OwnerFile.Write(Path.Combine(_folder.Path, name), "0123456789abcdef0123456789abcdef\n"u8.ToArray(), replace: true);
        var failure = await Assert.ThrowsAsync<CommandFailedException>(async () =>
        {
            await using RunningSite site = await RunningSite.StartAsync(
                _folder.Path, $$"""
                    pipeline.status { enabled = on, listen = "127.0.0.1:0", operations = on, token-file = "{{_folder.Path}}/reader", operator-token-file = "{{_folder.Path}}/operator" }
                    """);
            await site.StopAsync();
        });
        Assert.Contains("pipeline.status.operator-token-file", failure.Message, StringComparison.Ordinal);
        Assert.Contains("remove it to have another one made", failure.Message, StringComparison.Ordinal);
    }

    private async Task<string> Run(params string[] arguments)
    {
        using var terminal = new TestTerminal();
        Assert.Equal(ExitCode.Ok, await CommandLine.InvokeAsync(
            [.. arguments, "--config", Path.Combine(_folder.Path, "site.conf")],
            new Operations
            {
                Quarantine = new QuarantineOperations(),
                ErasePatient = PatientOperations.EraseAsync,
                ListSamples = SampleOperations.ListAsync,
            },
            terminal.Terminal));
        return terminal.Output;
    }
}
