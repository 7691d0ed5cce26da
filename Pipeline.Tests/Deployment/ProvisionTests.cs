using System.Diagnostics;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Doctor;
using Pipeline.Tests.Actors.Dicom;
using Pipeline.Tests.Host.Commands;
using Xunit;

namespace Pipeline.Tests.Deployment;

/// <summary>docker/provision.sh as the container runs it, in a folder of this machine; its commands of this program in this process, one after the other.</summary>
public sealed class ProvisionTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly TestTerminal _terminal = new();

    public void Dispose()
    {
        _terminal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Three_hospitals_have_keys_a_chain_and_configurations_that_the_doctor_passes()
    {
        if (!Tool.Exists("sh"))
            return;
        string sites = _folder.Sub("sites"), program = Path.Combine(_folder.Sub("bin"), "pipeline"), passphrase = Path.Combine(_folder.Path, "passphrase");
        await File.WriteAllTextAsync(program, "#!/bin/sh\n[ -z \"$PIPELINE__SITE__DATA_DIRECTORY\" ] && echo \"$*\" >> \"$COMMANDS\"\n");
        await File.WriteAllTextAsync(passphrase, "a passphrase of a trial\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.SetUnixFileMode(passphrase, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        await RunAsync(sites, passphrase);
        string[] commands = await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "commands"));
        Assert.Equal(11, commands.Length);
        foreach (string command in commands)
            Assert.True(await CommandLine.InvokeAsync(command.Split(' '), ProgramOperations.All, _terminal.Terminal) == ExitCode.Ok, $"{command}: {_terminal.Errors}");
        Assert.Contains("provisioned already", await RunAsync(sites, passphrase), StringComparison.Ordinal);
        foreach (string hospital in new[] { "north", "south", "west" })
        {
            string file = Path.Combine(sites, hospital, "site.conf");
            var environment = new Dictionary<string, string> { ["PIPELINE__DICOM__PORT"] = "0", ["PIPELINE__GATEWAY__LISTEN"] = "127.0.0.1:0", ["PIPELINE__INGEST__LOW_WATERMARK"] = "0B" };
            var result = SiteConfiguration.Load(file, environment);
            Assert.True(result.IsValid, string.Join('\n', result.Errors));
            Assert.Equal(("chest-xray", "CHEST"), result.Configuration.Site.Chains.Select(chain => (chain.Name, chain.AeTitle)).Single());
            Assert.Equal(2, result.Configuration.Site.Gateway.Peers.Count(peer => peer.Member != hospital));
            var findings = await DoctorRunner.FindAsync(new DoctorRequest(file, null, true), TimeProvider.System, environment, default);
            Assert.Empty(findings.Where(finding => finding.Level == FindingLevel.Error).Select(finding => finding.What));
            Assert.Contains(findings, finding => finding.What.Contains("3 founders", StringComparison.Ordinal));
        }
    }

    private async Task<string> RunAsync(string sites, string passphrase)
    {
        var start = new ProcessStartInfo("sh", [Path.Combine(Repository.Folder("docker"), "provision.sh")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{Path.Combine(_folder.Path, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["COMMANDS"] = Path.Combine(_folder.Path, "commands");
        start.Environment["SITES"] = sites;
        start.Environment["PASSPHRASE"] = passphrase;
        start.Environment["TERMS"] = Path.Combine(Repository.Folder("hocon"), "trial-chain.terms");
        start.Environment["PIPELINE__SITE__DATA_DIRECTORY"] = "/data";
        using var process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await output + await error);
        return await output;
    }
}
