using System.Globalization;
using System.Security.Cryptography;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Gateway;
using Pipeline.Host.Site;
using Pipeline.Ledger.Blocks;
using Spectre.Console;

namespace Pipeline.Host.Drills;

/// <summary>Members with keys, certificates and a chain, made by the ceremony that hospitals go through.</summary>
internal sealed class DrillConsortium
{
    public const string Chain = "drill";

    private readonly string _folder;

    private DrillConsortium(string folder, string passphrase, Genesis genesis, IReadOnlyList<DrillSite> sites)
    {
        (_folder, Passphrase, Genesis, Sites) = (folder, passphrase, genesis, sites);
    }

    public string Passphrase { get; }

    public Genesis Genesis { get; }

    /// <summary>In the order of their seats; without the adversary.</summary>
    public IReadOnlyList<DrillSite> Sites { get; }

    /// <param name="members">Of the chain, in the order of their seats.</param>
    /// <param name="processes">Those that are processes.</param>
    /// <exception cref="CommandFailedException">The ceremony failed.</exception>
    public static async Task<DrillConsortium> ProvisionAsync(
        DrillRequest request, IReadOnlyList<string> members, IReadOnlyList<string> processes, IDrillNetwork network, CancellationToken stop)
    {
        string folder = request.Folder;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        string passphrase = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), passphraseFile = Path.Combine(folder, "passphrase");
        OwnerFile.Write(passphraseFile, System.Text.Encoding.ASCII.GetBytes(passphrase + "\n"), replace: false);
        using var complaints = new StringWriter(CultureInfo.InvariantCulture);
        var quiet = new Terminal(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) }), complaints);
        foreach (string member in members)
        {
            Demand(await SiteProvisioning.InitAsync(
                new InitRequest(member, Data(folder, member), "", null, 0, passphraseFile, null, null), quiet, stop).ConfigureAwait(false), complaints);
        }

        string terms = Path.Combine(folder, "terms.conf"), proposal = Path.Combine(folder, Chain + ".proposal");
        await File.WriteAllTextAsync(
            terms, $"chain {{ rounds = 1000000, heartbeat = {request.BlockInterval.TotalMilliseconds:0}ms, deadline-blocks = 1000000 }}\n", stop).ConfigureAwait(false);
        var ceremony = new ChainCeremony();
        Demand(await ceremony.CreateAsync(
            new ChainCreation(Chain, [.. members.Select(m => MemberCard.FileOf(Data(folder, m), m))], terms, [], 1, proposal),
            quiet, stop).ConfigureAwait(false), complaints);
        foreach (string member in members)
            Demand(await ceremony.SignAsync(proposal, new CeremonySite(Data(folder, member), passphraseFile), quiet, stop).ConfigureAwait(false), complaints);
        foreach (string member in members)
        {
            Demand(await ceremony.JoinAsync(
                [proposal], new CeremonySite(Data(folder, member), passphraseFile), null, null, quiet, stop).ConfigureAwait(false), complaints);
        }

        var sites = new List<DrillSite>();
        foreach (string member in processes)
        {
            string file = Path.Combine(folder, $"{member}.conf");
            await File.WriteAllTextAsync(file, Configuration(request, folder, member, members, network), stop).ConfigureAwait(false);
            sites.Add(new DrillSite(member, Data(folder, member), Chain, file, passphrase, network));
        }

        return new DrillConsortium(folder, passphrase, CeremonyFile.ReadProposal(proposal).Genesis, sites);
    }

    /// <summary>The keys of a member, as its own process reads them.</summary>
    public SiteIdentity IdentityOf(string member) => SiteIdentity.LoadOrCreate(Data(_folder, member), Passphrase);

    public GatewayCertificate CertificateOf(string member)
    {
        string keys = Path.Combine(Data(_folder, member), "keys");
        return GatewayCertificate.Load(Path.Combine(keys, "tls.crt"), Path.Combine(keys, "tls.key"), Passphrase);
    }

    public static GatewaySettings GatewayOf(DrillRequest request, string folder, string member, IReadOnlyList<string> members, IDrillNetwork network)
    {
        string file = Path.Combine(folder, $"{member}.conf");
        File.WriteAllText(file, Configuration(request, folder, member, members, network));
        return SiteConfiguration.Load(file, new Dictionary<string, string>()).Configuration!.Site.Gateway;
    }

    private static string Data(string folder, string member) => Path.Combine(folder, member);

    private static void Demand(int exitCode, StringWriter complaints)
    {
        if (exitCode != ExitCode.Ok)
            throw new CommandFailedException($"the drill's ceremony failed: {complaints}");
    }

    private static string Configuration(DrillRequest request, string folder, string member, IReadOnlyList<string> members, IDrillNetwork network)
    {
        string peers = string.Concat(members.Where(m => m != member).Select(m => $"\n      {m}.address = \"{network.AddressOf(member, m)}\""));
        return $$"""
            # A lost link is found and dialled again within a block interval or two: the drill measures the ledger's recovery, not the patience of TCP.
            pipeline {
              site { name = "{{member}}", data-directory = "{{Data(folder, member).Replace("\\", "\\\\")}}" }
              dicom { host = "127.0.0.1", port = 0 }
              gateway {
                enabled = on
                listen = "{{network.ListenOf(member)}}"
                keep-alive-interval = 1s
                keep-alive-timeout = {{Math.Max(2, request.BlockInterval.TotalSeconds * 2):0}}s
                dial-again = 100ms
                longest-dial-again = 500ms
                ban = 3s
                peers {{{peers}}
                }
              }
              consensus { propose-timeout = 1s, vote-timeout = 500ms, timeout-step = 250ms, rebroadcast-interval = 250ms, block-interval = 50ms }
              trainer.threads = 1
            }
            akka { loglevel = INFO }

            """;
    }
}
