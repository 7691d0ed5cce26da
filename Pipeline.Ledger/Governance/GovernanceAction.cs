using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Governance;

/// <summary>What the members of a chain can decide together; a canonical array whose first item is the type.</summary>
public abstract partial record GovernanceAction : ICanonical<GovernanceAction>
{
    private const int MaxItems = 4;

    private DigestMemo _id;

    private GovernanceAction() { }

    /// <summary>Numbers are wire format: append only.</summary>
    private protected enum ActionType
    {
        Pause = 1,
        Resume = 2,
        Stop = 3,
        Restart = 4,
        Readmit = 5,
        Upgrade = 6,
        Join = 7,
        Leave = 8,
        RotateKey = 9,
        Revoke = 10,
        ChangePolicy = 11,
        Grant = 12,
        EndGrant = 13,
        Trust = 14,
        Freeze = 15,
        Unfreeze = 16,
        LimitBridge = 17,
        SuspendBridge = 18,
        ResumeBridge = 19,
    }

    /// <summary>Votes for equal bytes are votes for one action.</summary>
    public Digest Id => _id.For(this, static value => Digest.Of(Canonical.Encode<GovernanceAction>(value)));

    /// <summary>The first <see cref="ProtocolVersion"/> whose chains can decide it.</summary>
    internal virtual int Since => ProtocolVersion.ChangingMembers;

    private protected abstract ActionType Type { get; }

    /// <summary>Items after the type.</summary>
    private protected virtual int Items => 0;

    private protected virtual void WriteItems(CanonicalWriter writer)
    {
    }

    /// <summary>No contribution is taken and no deadline passes until <see cref="Resume"/>; a closed round is still attested.</summary>
    public sealed record Pause : GovernanceAction
    {
        internal override int Since => ProtocolVersion.FixedMembers;

        private protected override ActionType Type => ActionType.Pause;
    }

    /// <summary>Training goes on; the open round's deadline starts anew.</summary>
    public sealed record Resume : GovernanceAction
    {
        internal override int Since => ProtocolVersion.FixedMembers;

        private protected override ActionType Type => ActionType.Resume;
    }

    /// <summary>Training ends: an open round is abandoned, a closed one becomes the last.</summary>
    public sealed record Stop : GovernanceAction
    {
        internal override int Since => ProtocolVersion.FixedMembers;

        private protected override ActionType Type => ActionType.Stop;
    }

    /// <summary>
    /// The round under way is abandoned and a new one starts from the model of an earlier final round. Numbers of rounds never repeat: the new
    /// round follows the highest one that was ever opened.
    /// </summary>
    /// <param name="Round">A final round, at most <see cref="RoundMachine.RememberedFinals"/> final rounds back.</param>
    /// <param name="Model">Its model, so that members approve what they see.</param>
    /// <param name="Rounds">Rounds until the chain completes.</param>
    public sealed record Restart(long Round, Digest Model, int Rounds) : GovernanceAction
    {
        internal override int Since => ProtocolVersion.FixedMembers;

        private protected override ActionType Type => ActionType.Restart;

        private protected override int Items => 3;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Int(Round).Digest(Model).Int(Rounds);
    }

    /// <summary>A member that was excluded because it equivocated, or that has withdrawn, contributes again.</summary>
    public sealed record Readmit(string Member) : GovernanceAction
    {
        internal override int Since => ProtocolVersion.FixedMembers;

        private protected override ActionType Type => ActionType.Readmit;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Text(Member);
    }

    /// <summary>Blocks from <paramref name="Height"/> on follow the rules of the next <see cref="ProtocolVersion"/>.</summary>
    /// <param name="Height">Far enough ahead that every member has installed a build that knows the version: others stop before this height.</param>
    public sealed record Upgrade(int Version, long Height) : GovernanceAction
    {
        internal override int Since => ProtocolVersion.FixedMembers;

        private protected override ActionType Type => ActionType.Upgrade;

        private protected override int Items => 2;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Int(Version).Int(Height);
    }

    /// <summary>Those parts of the policy that may change.</summary>
    public sealed record ChangePolicy(PolicyChange Change) : GovernanceAction
    {
        private protected override ActionType Type => ActionType.ChangePolicy;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Item(Change);
    }

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(1 + Items).Int((int)Type);
        WriteItems(writer);
        writer.EndArray();
    }

    public static GovernanceAction ReadFrom(CanonicalReader reader)
    {
        int items = reader.ArrayHeader(MaxItems);
        var type = (ActionType)reader.Int32();
        GovernanceAction action = (type, items) switch
        {
            (ActionType.Pause, 1) => new Pause(),
            (ActionType.Resume, 1) => new Resume(),
            (ActionType.Stop, 1) => new Stop(),
            (ActionType.Restart, 4) => new Restart(reader.Int(1), reader.Digest(), reader.Int32(1, 1_000_000)),
            (ActionType.Readmit, 2) => new Readmit(reader.Text(Member.MaxIdLength)),
            (ActionType.Upgrade, 3) => new Upgrade(reader.Int32(1, 255), reader.Int(1)),
            (ActionType.ChangePolicy, 2) => new ChangePolicy(reader.Item<PolicyChange>()),
            _ => ReadMembers(type, items, reader) ?? ReadBridge(type, items, reader) ??
                throw new CanonicalFormatException($"{items} items of type {(int)type} are no governance action"),
        };
        reader.EndArray();
        return action;
    }
}
