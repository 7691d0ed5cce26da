using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Gateway;

/// <summary>A chain that the sender of a <see cref="Hello"/> belongs to, with its proof.</summary>
/// <param name="Signature">Over <see cref="Hello.SigningBytes"/>.</param>
internal sealed record HelloSeat(Digest ChainId, byte[] Signature) : ICanonical<HelloSeat>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Digest(ChainId).Bytes(Signature).EndArray();

    public static HelloSeat ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var seat = new HelloSeat(reader.Digest(), reader.FixedBytes(Ed25519Signer.SignatureSize));
        reader.EndArray();
        return seat;
    }
}
