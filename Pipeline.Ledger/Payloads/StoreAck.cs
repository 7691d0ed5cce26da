using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Payloads;

/// <summary>
/// A member's signed word that it holds a payload durably (fsynced) and that the payload passed the chain's deterministic checks. A
/// transaction that names a payload is valid only with n−f of them.
/// </summary>
public sealed record StoreAck(Digest Payload, string Member, byte[] Signature) : ICanonical<StoreAck>
{
    public static StoreAck Create(Digest chainId, Digest payload, string member, ISigner signer) =>
        new(payload, member, signer.Sign(SignedStatement.Tagged("store-ack", chainId, payload)));

    public bool Verify(Digest chainId, MemberSet members, ISignatureVerifier verifier) =>
        members.Find(Member) is { } seat && verifier.Verify(seat.Key, SignedStatement.Tagged("store-ack", chainId, Payload), Signature);

    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Digest(Payload).Text(Member).Bytes(Signature).EndArray();

    public static StoreAck ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var ack = new StoreAck(
            reader.Digest(), reader.Text(Crypto.Member.MaxIdLength), reader.FixedBytes(Ed25519Signer.SignatureSize));
        reader.EndArray();
        return ack;
    }
}
