using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>
/// The parts of a <see cref="RoundPolicy"/> that members may change while a chain runs. The others shape payloads that sites check, train and
/// aggregate by, and stay those of the genesis.
/// </summary>
/// <inheritdoc cref="RoundPolicy" path="/param"/>
public sealed record PolicyChange(int Quorum, int DeadlineBlocks, int BlendQ16, EquivocationPolicy OnEquivocation) : ICanonical<PolicyChange>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(4).Int(Quorum).Int(DeadlineBlocks).Int(BlendQ16).Int((int)OnEquivocation).EndArray();

    public static PolicyChange ReadFrom(CanonicalReader reader)
    {
        reader.Array(4);
        var change = new PolicyChange(
            reader.Int32(1, 64), reader.Int32(1, 1_000_000), reader.Int32(0, RoundPolicy.One),
            (EquivocationPolicy)reader.Int32(0, (int)EquivocationPolicy.Exclude));
        reader.EndArray();
        return change;
    }

    public RoundPolicy ApplyTo(RoundPolicy policy) =>
        policy with { Quorum = Quorum, DeadlineBlocks = DeadlineBlocks, BlendQ16 = BlendQ16, OnEquivocation = OnEquivocation };
}
