using System.Diagnostics;
using System.Globalization;
using Pipeline.Host.Commands;

namespace Pipeline.Host.Drills;

/// <summary>A network namespace for each site, joined by a bridge (ip-netns(8)); a cut one has its link taken down. Needs root on Linux.</summary>
internal sealed class NamespaceNetwork : IDrillNetwork
{
    private const int Port = 7443;

    private readonly string _prefix = "pd" + Environment.ProcessId.ToString("x", CultureInfo.InvariantCulture);
    private readonly IReadOnlyList<string> _sites;

    private NamespaceNetwork(IReadOnlyList<string> sites) => _sites = sites;

    private string Bridge => _prefix + "br";

    /// <param name="sites">Any other member is outside, at the bridge.</param>
    /// <exception cref="CommandFailedException">The system does not let us.</exception>
    public static async Task<NamespaceNetwork> CreateAsync(IReadOnlyList<string> sites)
    {
        var network = new NamespaceNetwork(sites);
        try
        {
            await network.BuildAsync().ConfigureAwait(false);
            return network;
        }
        catch
        {
            await network.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public string ListenOf(string site) => $"{AddressOf(site)}:{Port}";

    public string AddressOf(string from, string to) => ListenOf(to);

    public (string File, IReadOnlyList<string> Arguments) Place(string site, string file, IReadOnlyList<string> arguments) =>
        ("ip", ["netns", "exec", Namespace(site), file, .. arguments]);

    public Task CutAsync(string site) => IpAsync("link", "set", Outer(site), "down");

    public Task MendAsync(string site) => IpAsync("link", "set", Outer(site), "up");

    public async ValueTask DisposeAsync()
    {
        // A namespace takes its end of the pair with it, and so the other end.
        foreach (string site in _sites)
            await TryIpAsync("netns", "del", Namespace(site)).ConfigureAwait(false);
        await TryIpAsync("link", "del", Bridge).ConfigureAwait(false);
    }

    private async Task BuildAsync()
    {
        await IpAsync("link", "add", Bridge, "type", "bridge").ConfigureAwait(false);
        await IpAsync("addr", "add", $"{Subnet}.1/24", "dev", Bridge).ConfigureAwait(false);
        await IpAsync("link", "set", Bridge, "up").ConfigureAwait(false);
        foreach (string site in _sites)
        {
            string inner = $"{_prefix}i{Index(site)}";
            await IpAsync("netns", "add", Namespace(site)).ConfigureAwait(false);
            await IpAsync("link", "add", Outer(site), "type", "veth", "peer", "name", inner).ConfigureAwait(false);
            await IpAsync("link", "set", inner, "netns", Namespace(site)).ConfigureAwait(false);
            await IpAsync("link", "set", Outer(site), "master", Bridge).ConfigureAwait(false);
            await IpAsync("link", "set", Outer(site), "up").ConfigureAwait(false);
            await IpAsync("-n", Namespace(site), "addr", "add", $"{AddressOf(site)}/24", "dev", inner).ConfigureAwait(false);
            await IpAsync("-n", Namespace(site), "link", "set", inner, "up").ConfigureAwait(false);
            await IpAsync("-n", Namespace(site), "link", "set", "lo", "up").ConfigureAwait(false);
        }
    }

    private static string Subnet => $"10.{200 + Environment.ProcessId / 256 % 50}.{Environment.ProcessId % 256}";

    private string AddressOf(string site) => Index(site) < 0 ? $"{Subnet}.1" : $"{Subnet}.{10 + Index(site)}";

    private string Namespace(string site) => $"{_prefix}-{site}";

    private string Outer(string site) => $"{_prefix}o{Index(site)}";

    private int Index(string site) => _sites.ToList().IndexOf(site);

    private static async Task IpAsync(params string[] arguments)
    {
        if (await TryIpAsync(arguments).ConfigureAwait(false) is { } error)
            throw new CommandFailedException($"'ip {string.Join(' ', arguments)}' failed: {error}; network namespaces need root and iproute2, or leave out --namespaces");
    }

    private static async Task<string?> TryIpAsync(params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
            string error = await process.StandardError.ReadToEndAsync().ConfigureAwait(false);
            await process.WaitForExitAsync().ConfigureAwait(false);
            return process.ExitCode == 0 ? null : error.Trim();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }
}
