using Pipeline.Host.Configuration;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Ceremony;

/// <summary>
/// What an institution gives to the others before a chain begins: its name, its member key, and where its gateway is. Signed by that key, so nobody
/// can enter a key that is not theirs; that it is the right institution's people establish by comparing <see cref="Key"/> over another way.
/// </summary>
/// <param name="Certificate">SHA-256 of its TLS certificate, for those who pin it.</param>
/// <param name="Gateway"><c>host:port</c>; empty where it only dials.</param>
public sealed record MemberCard(string Member, MemberPublicKey Key, Digest Certificate, string Gateway, byte[] Signature) : ICanonical<MemberCard>
{
    public const int MaxGateway = 256;

    /// <summary>Where a site keeps its own.</summary>
    public static string FileOf(string dataDirectory, string member) => Path.Combine(dataDirectory, $"{member}.member.json");

    public static MemberCard Create(string member, Digest certificate, string gateway, ISigner signer) =>
        new(member, signer.PublicKey, certificate, gateway, signer.Sign(SigningBytes(member, signer.PublicKey, certificate, gateway)));

    /// <summary>Null when its own key signed it and it names a member; otherwise what is wrong.</summary>
    public string? Verify(ISignatureVerifier verifier)
    {
        if (!Genesis.IsChainName(Member))
            return $"'{Member}' is no member's name: lower-case letters, digits and single hyphens";
        if (Gateway.Length > 0 && !SettingsRules.IsHostAndPort(Gateway))
            return $"'{Gateway}' is no host:port";
        return verifier.Verify(Key, SigningBytes(Member, Key, Certificate, Gateway), Signature)
            ? null
            : $"the card of '{Member}' is not signed by the key it names";
    }

    public void WriteTo(CanonicalWriter writer) => writer.Array(5).Text(Member).Item(Key).Digest(Certificate).Text(Gateway).Bytes(Signature).EndArray();

    public static MemberCard ReadFrom(CanonicalReader reader)
    {
        reader.Array(5);
        var card = new MemberCard(
            reader.Text(Ledger.Crypto.Member.MaxIdLength), reader.Item<MemberPublicKey>(), reader.Digest(), reader.Text(MaxGateway),
            reader.FixedBytes(Ed25519Signer.SignatureSize));
        reader.EndArray();
        return card;
    }

    private static byte[] SigningBytes(string member, MemberPublicKey key, Digest certificate, string gateway) => SignedStatement.Tagged(
        "member-card", Digest.Zero,
        Digest.Of(Canonical.Encode(w => w.Array(4).Text(member).Item(key).Digest(certificate).Text(gateway).EndArray())));
}
