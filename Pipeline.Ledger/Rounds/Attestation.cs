using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>A member's word on what a closed round's contributions aggregate to.</summary>
/// <param name="Model">Digest of the new <see cref="FixedPointModel"/>.</param>
/// <param name="Backbone">Digest of its <see cref="BackbonePayload"/>.</param>
public sealed record Attestation(long Round, Digest Model, Digest Backbone) : ICanonical<Attestation>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(3).Int(Round).Digest(Model).Digest(Backbone).EndArray();

    public static Attestation ReadFrom(CanonicalReader reader)
    {
        reader.Array(3);
        var attestation = new Attestation(reader.Int(1), reader.Digest(), reader.Digest());
        reader.EndArray();
        return attestation;
    }
}
