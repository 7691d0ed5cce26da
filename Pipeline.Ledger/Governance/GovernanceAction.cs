using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Governance;

/// <summary>What the members of a chain can decide together; a canonical array whose first item is the type.</summary>
public abstract record GovernanceAction : ICanonical<GovernanceAction>
{
    private GovernanceAction() { }

    private enum ActionType
    {
        Pause = 1,
        Resume = 2,
        Stop = 3,
        Restart = 4,
        Readmit = 5,
    }

    /// <summary>No contribution is taken and no deadline passes until <see cref="Resume"/>; a closed round is still attested.</summary>
    public sealed record Pause : GovernanceAction;

    /// <summary>Training goes on; the open round's deadline starts anew.</summary>
    public sealed record Resume : GovernanceAction;

    /// <summary>Training ends: an open round is abandoned, a closed one becomes the last.</summary>
    public sealed record Stop : GovernanceAction;

    /// <summary>
    /// The round under way is abandoned and a new one starts from the model of an earlier final round. Numbers of rounds never repeat: the new
    /// round follows the highest one that was ever opened.
    /// </summary>
    /// <param name="Round">A final round, at most <see cref="Rounds.RoundMachine.RememberedFinals"/> final rounds back.</param>
    /// <param name="Model">Its model, so that members approve what they see.</param>
    /// <param name="Rounds">Rounds until the chain completes.</param>
    public sealed record Restart(long Round, Digest Model, int Rounds) : GovernanceAction;

    /// <summary>A member that was excluded because it equivocated contributes again.</summary>
    public sealed record Readmit(string Member) : GovernanceAction;

    public void WriteTo(CanonicalWriter writer)
    {
        switch (this)
        {
            case Pause:
                writer.Array(1).Int((int)ActionType.Pause).EndArray();
                break;
            case Resume:
                writer.Array(1).Int((int)ActionType.Resume).EndArray();
                break;
            case Stop:
                writer.Array(1).Int((int)ActionType.Stop).EndArray();
                break;
            case Readmit a:
                writer.Array(2).Int((int)ActionType.Readmit).Text(a.Member).EndArray();
                break;
            case Restart a:
                writer.Array(4).Int((int)ActionType.Restart).Int(a.Round).Digest(a.Model).Int(a.Rounds).EndArray();
                break;
        }
    }

    public static GovernanceAction ReadFrom(CanonicalReader reader)
    {
        int items = reader.ArrayHeader(4);
        var type = (ActionType)reader.Int32();
        GovernanceAction action = (type, items) switch
        {
            (ActionType.Pause, 1) => new Pause(),
            (ActionType.Resume, 1) => new Resume(),
            (ActionType.Stop, 1) => new Stop(),
            (ActionType.Restart, 4) => new Restart(reader.Int(1), reader.Digest(), reader.Int32(1, 1_000_000)),
            (ActionType.Readmit, 2) => new Readmit(reader.Text(Member.MaxIdLength)),
            _ => throw new CanonicalFormatException($"{items} items of type {(int)type} are no governance action"),
        };
        reader.EndArray();
        return action;
    }
}
