using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Governance;

/// <summary>A member's vote for an action. A proposal is its first vote.</summary>
/// <param name="Sequence">The decision it belongs to, from 1; one decision is open at a time, so an old vote can never count again.</param>
public sealed record GovernanceVote(long Sequence, GovernanceAction Action) : ICanonical<GovernanceVote>
{
    public void WriteTo(CanonicalWriter writer) => writer.Array(2).Int(Sequence).Item(Action).EndArray();

    public static GovernanceVote ReadFrom(CanonicalReader reader)
    {
        reader.Array(2);
        var vote = new GovernanceVote(reader.Int(1), reader.Item<GovernanceAction>());
        reader.EndArray();
        return vote;
    }
}
