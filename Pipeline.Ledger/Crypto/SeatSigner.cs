namespace Pipeline.Ledger.Crypto;

/// <summary>Signs on one chain with the key by which it knows the institution at this moment; with the oldest where it knows none of them.</summary>
/// <param name="named">The institution's key as the chain stands; null where it has no seat. Any thread.</param>
public sealed class SeatSigner(MemberKeys keys, Func<MemberPublicKey?> named) : ISigner
{
    public MemberPublicKey PublicKey => Current.PublicKey;

    private ISigner Current => keys.Find(named()) ?? keys.All[0];

    public byte[] Sign(ReadOnlySpan<byte> message) => Current.Sign(message);
}
