using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>
/// The whole state of a <see cref="LearningApplication"/> after a block, in the canonical bytes that a replica is restored from. A chain's
/// members find out a changed one by the state root in the next header.
/// </summary>
/// <param name="Time">Time of the last block (milliseconds since the Unix epoch).</param>
/// <param name="LastBlock">Its id; zero after the genesis.</param>
/// <param name="Upgrade">Null while a chain of the first protocol version has decided on no other.</param>
/// <param name="Membership">Null in the state of a chain of the first protocol version.</param>
public sealed record LearningSnapshot(
    long Height, long Time, Digest LastBlock, RoundSnapshot Rounds, BridgeSnapshot Bridge, GovernanceSnapshot Governance,
    UpgradeSnapshot? Upgrade = null, MembershipSnapshot? Membership = null) : ICanonical<LearningSnapshot>
{
    private const int WithoutUpgrade = 1;
    private const int WithUpgrade = 2;

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(Upgrade is null ? 7 : 9).Int(Upgrade is null ? WithoutUpgrade : WithUpgrade).Int(Height).Int(Time).Digest(LastBlock).Item(Rounds)
            .Item(Bridge).Item(Governance);
        if (Upgrade is not null)
            writer.Item(Upgrade).List(Membership is null ? [] : new[] { Membership });
        writer.EndArray();
    }

    public static LearningSnapshot ReadFrom(CanonicalReader reader)
    {
        int items = reader.Array(7, 9);
        int version = reader.Int32(WithoutUpgrade, WithUpgrade);
        if (items != (version == WithUpgrade ? 9 : 7))
            throw new CanonicalFormatException($"a state of version {version} with {items} items");
        var snapshot = new LearningSnapshot(
            reader.Int(0), reader.Int(0), reader.Digest(), reader.Item<RoundSnapshot>(), reader.Item<BridgeSnapshot>(), reader.Item<GovernanceSnapshot>());
        if (version == WithUpgrade)
            snapshot = snapshot with { Upgrade = reader.Item<UpgradeSnapshot>(), Membership = reader.List<MembershipSnapshot>(1).FirstOrDefault() };
        reader.EndArray();
        return snapshot;
    }
}
