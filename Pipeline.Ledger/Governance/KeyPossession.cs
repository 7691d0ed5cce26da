using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Governance;

/// <summary>
/// The holder of a key says that it is to be this institution's, and that it has followed the chain up to a block: what a joiner, or a member that
/// changes its key, hands to the members. Without it a chain could be given a key that nobody has, and lose a vote for ever.
/// </summary>
/// <param name="Height">A checkpoint of the chain (<see cref="MembershipMachine"/>); 0 = the genesis.</param>
/// <param name="Block">Id of the block there; the chain's id at height 0.</param>
public sealed record KeyPossession(Member Member, long Height, Digest Block, byte[] Signature) : ICanonical<KeyPossession>
{
    public static KeyPossession Create(Digest chainId, string member, long height, Digest block, ISigner signer)
    {
        var named = new Member(member, signer.PublicKey);
        return new KeyPossession(named, height, block, signer.Sign(SigningBytes(chainId, named, height, block)));
    }

    public bool Verify(Digest chainId, ISignatureVerifier verifier) =>
        verifier.Verify(Member.Key, SigningBytes(chainId, Member, Height, Block), Signature);

    public void WriteTo(CanonicalWriter writer) => writer.Array(4).Item(Member).Int(Height).Digest(Block).Bytes(Signature).EndArray();

    public static KeyPossession ReadFrom(CanonicalReader reader)
    {
        reader.Array(4);
        var possession = new KeyPossession(
            reader.Item<Member>(), reader.Int(0), reader.Digest(), reader.FixedBytes(Ed25519Signer.SignatureSize));
        reader.EndArray();
        return possession;
    }

    private static byte[] SigningBytes(Digest chainId, Member member, long height, Digest block) => SignedStatement.Tagged(
        "possession", chainId, Digest.Of(Canonical.Encode(w => w.Array(3).Item(member).Int(height).Digest(block).EndArray())));
}
