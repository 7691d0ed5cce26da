using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Crypto;

/// <summary>A member's verification key: one scheme byte (1 = Ed25519, RFC 8032) and 32 key bytes.</summary>
public readonly record struct MemberPublicKey(Digest Key, byte Scheme = MemberPublicKey.Ed25519) : ICanonical<MemberPublicKey>
{
    public const byte Ed25519 = 1;

    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Scheme).Digest(Key).EndArray();

    public static MemberPublicKey ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        byte scheme = (byte)reader.Int32(Ed25519, Ed25519);
        var key = reader.Digest();
        reader.EndArray();
        return new MemberPublicKey(key, scheme);
    }

    public override string ToString() => $"ed25519:{Key}";
}
