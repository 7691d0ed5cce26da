using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Ceremony;

/// <summary>One member's consent to a genesis.</summary>
/// <param name="Signature">Over <see cref="SigningBytes"/>, by the key that the genesis names the member by.</param>
public sealed record GenesisSignature(string Member, byte[] Signature) : ICanonical<GenesisSignature>
{
    /// <summary>The chain id is the digest of the genesis, which names the first weights by their digest: it covers everything.</summary>
    public static byte[] SigningBytes(Digest chainId) => SignedStatement.Tagged("genesis", chainId, chainId);

    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Text(Member).Bytes(Signature).EndArray();

    public static GenesisSignature ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var signature = new GenesisSignature(reader.Text(Ledger.Crypto.Member.MaxIdLength), reader.FixedBytes(Ed25519Signer.SignatureSize));
        reader.EndArray();
        return signature;
    }
}
