using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Configuration;

/// <summary>What is known beforehand of another institution's gateway.</summary>
/// <param name="Member">As the genesis names it.</param>
/// <param name="Address"><c>host:port</c> to dial; null: it dials us.</param>
/// <param name="Certificate">SHA-256 of the only certificate it may show; null: any that its member key vouches for.</param>
/// <param name="Key">Its member key, where it is heard although a chain does not know it yet: a member about to join. Null: the chains alone say.</param>
public sealed record GatewayPeer(string Member, string? Address, Digest? Certificate, MemberPublicKey? Key)
{
    private const string Defaults = "pipeline.gateway.peer-defaults";

    internal static IReadOnlyList<GatewayPeer> CreateAll(SettingsReader reader)
    {
        _ = Create(reader, "", Defaults);
        var peers = new List<GatewayPeer>();
        foreach (string member in reader.Keys("pipeline.gateway.peers"))
        {
            string path = $"pipeline.gateway.peers.{member}";
            if (!Genesis.IsChainName(member))
                reader.Report(path, null, "a member's name is lower-case letters, digits and single hyphens, beginning with a letter, at most 64");
            else
                peers.Add(Create(reader, member, path));
        }

        return peers;
    }

    private static GatewayPeer Create(SettingsReader reader, string member, string path)
    {
        string address = reader.Text(
            $"{path}.address", "empty, or host:port", text => text.Length == 0 || SettingsRules.IsHostAndPort(text), $"{Defaults}.address");
        string certificate = reader.Text(
            $"{path}.certificate", "empty, or SHA-256 in 64 hexadecimal digits", text => text.Length == 0 || SettingsRules.IsFingerprint(text),
            $"{Defaults}.certificate");
        string key = reader.Text(
            $"{path}.key", "empty, or ed25519: and 64 hexadecimal digits", text => text.Length == 0 || SettingsRules.IsMemberKey(text), $"{Defaults}.key");
        return new GatewayPeer(
            member, address.Length == 0 ? null : address, SettingsRules.IsFingerprint(certificate) ? Digest.Parse(SettingsRules.Hex(certificate)) : null,
            SettingsRules.IsMemberKey(key) ? new MemberPublicKey(Digest.Parse(key[SettingsRules.KeyPrefix.Length..])) : null);
    }
}
