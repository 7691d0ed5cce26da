using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Governance;

/// <summary>The whole state of a <see cref="GovernanceMachine"/>.</summary>
/// <param name="Sequence">Of the open decision.</param>
/// <param name="Votes">By seat.</param>
public sealed record GovernanceSnapshot(long Sequence, IReadOnlyList<GovernanceAction?> Votes) : ICanonical<GovernanceSnapshot>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Sequence).Optionals(Votes).EndArray();

    public static GovernanceSnapshot ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var snapshot = new GovernanceSnapshot(reader.Int(1), reader.Optionals<GovernanceAction>(MemberSet.MaxMembers));
        reader.EndArray();
        return snapshot;
    }
}
