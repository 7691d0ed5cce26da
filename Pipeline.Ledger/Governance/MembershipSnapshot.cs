using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Governance;

/// <summary>The whole state of a <see cref="MembershipMachine"/>.</summary>
/// <param name="Previous">Of the epoch before; null in epoch 0.</param>
/// <param name="Retired">Keys that are never taken again, ascending.</param>
/// <param name="Checkpoints">Blocks that joiners may name, oldest first.</param>
public sealed record MembershipSnapshot(
    long Epoch, MemberSet Members, MemberSet Next, MemberSet? Previous, IReadOnlyList<MemberPublicKey> Retired,
    IReadOnlyList<MembershipSnapshot.Checkpoint> Checkpoints) : ICanonical<MembershipSnapshot>
{
    /// <summary>One is added by each rotation and revocation, which members decide by hand.</summary>
    public const int MaxRetired = 1 << 16;

    /// <param name="Block">Its id; the chain's id at height 0.</param>
    public sealed record Checkpoint(long Height, Digest Block) : ICanonical<Checkpoint>
    {
        public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Height).Digest(Block).EndArray();

        public static Checkpoint ReadFrom(CanonicalReader reader)
        {
            reader.Array(2);
            var checkpoint = new Checkpoint(reader.Int(0), reader.Digest());
            reader.EndArray();
            return checkpoint;
        }
    }

    public void WriteTo(CanonicalWriter writer) => writer.Array(6).Int(Epoch).Item(Members).Item(Next)
        .List(Previous is null ? [] : new[] { Previous }).List(Retired).List(Checkpoints).EndArray();

    public static MembershipSnapshot ReadFrom(CanonicalReader reader)
    {
        reader.Array(6);
        var snapshot = new MembershipSnapshot(
            reader.Int(0), reader.Item<MemberSet>(), reader.Item<MemberSet>(), reader.List<MemberSet>(1).FirstOrDefault(),
            reader.List<MemberPublicKey>(MaxRetired), reader.List<Checkpoint>(MembershipMachine.RememberedCheckpoints));
        reader.EndArray();
        return snapshot;
    }
}
