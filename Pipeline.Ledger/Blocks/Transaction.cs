using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Blocks;

/// <summary>
/// A member's signed command to a chain. <paramref name="Kind"/> selects the application's handler and <paramref name="Body"/> is its
/// canonical argument. The id (<see cref="Id"/>) covers the signature, so a transaction is executed at most once.
/// </summary>
/// <param name="Sender">The institution whose key signed.</param>
/// <param name="Nonce">Chosen by the sender; makes otherwise equal commands distinct.</param>
public sealed record Transaction(Digest ChainId, int Kind, string Sender, long Nonce, byte[] Body, byte[] Signature)
    : ICanonical<Transaction>
{
    /// <summary>A block carries commands; bulk goes through the payload plane.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    private DigestMemo _id;
    private DigestMemo _leaf;

    public Digest Id => _id.For(this, static value => Digest.Of(Canonical.Encode(value)));

    /// <summary>Its leaf in a block's tree of transactions.</summary>
    public Digest Leaf => _leaf.For(this, static value => MerkleTree.LeafHash(Canonical.Encode(value)));

    public static Transaction Create(Digest chainId, int kind, string sender, long nonce, byte[] body, ISigner signer) =>
        new(chainId, kind, sender, nonce, body, signer.Sign(SigningBytes(chainId, kind, sender, nonce, body)));

    /// <summary>Null when the sender is a member and its signature verifies; otherwise what is wrong.</summary>
    public string? Verify(Digest chainId, MemberSet members, ISignatureVerifier verifier)
    {
        if (ChainId != chainId)
            return $"made for chain {ChainId.Short}, this is {chainId.Short}";
        if (members.Find(Sender) is not { } member)
            return $"'{Sender}' is not a member";
        return verifier.Verify(member.Key, SigningBytes(ChainId, Kind, Sender, Nonce, Body), Signature)
            ? null
            : $"the signature of '{Sender}' does not verify";
    }

    public void WriteTo(CanonicalWriter writer) =>
        writer.Array(6).Digest(ChainId).Int(Kind).Text(Sender).Int(Nonce).Bytes(Body).Bytes(Signature).EndArray();

    public static Transaction ReadFrom(CanonicalReader reader)
    {
        reader.Array(6);
        var transaction = new Transaction(
            reader.Digest(), reader.Int32(0, ushort.MaxValue), reader.Text(Member.MaxIdLength), reader.Int(0),
            reader.Bytes(MaxBodyBytes), reader.FixedBytes(Ed25519Signer.SignatureSize));
        reader.EndArray();
        return transaction;
    }

    private static byte[] SigningBytes(Digest chainId, int kind, string sender, long nonce, byte[] body) =>
        SignedStatement.Tagged("tx", chainId, Digest.Of(Canonical.Encode(w =>
            w.Array(4).Int(kind).Text(sender).Int(nonce).Bytes(body).EndArray())));
}
