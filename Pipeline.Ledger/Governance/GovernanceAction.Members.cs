using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Governance;

/// <summary>Who decides: each of these begins an epoch, two blocks after the one that decided it.</summary>
public abstract partial record GovernanceAction
{
    /// <summary>An institution becomes a member; it has followed the chain and shown that the key is its own.</summary>
    public sealed record Join(KeyPossession Joiner) : GovernanceAction
    {
        private protected override ActionType Type => ActionType.Join;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Item(Joiner);
    }

    /// <summary>A member gives its seat up; it may join again with the same key.</summary>
    public sealed record Leave(string Member) : GovernanceAction
    {
        private protected override ActionType Type => ActionType.Leave;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Text(Member);
    }

    /// <summary>A member keeps its seat under a new key; the old one is never taken again.</summary>
    public sealed record RotateKey(KeyPossession Next) : GovernanceAction
    {
        private protected override ActionType Type => ActionType.RotateKey;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Item(Next);
    }

    /// <summary>A member's key is in wrong hands: the seat is gone, and the key is never taken again.</summary>
    public sealed record Revoke(string Member) : GovernanceAction
    {
        private protected override ActionType Type => ActionType.Revoke;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Text(Member);
    }

    private static GovernanceAction? ReadMembers(ActionType type, int items, CanonicalReader reader) => (type, items) switch
    {
        (ActionType.Join, 2) => new Join(reader.Item<KeyPossession>()),
        (ActionType.Leave, 2) => new Leave(reader.Text(Member.MaxIdLength)),
        (ActionType.RotateKey, 2) => new RotateKey(reader.Item<KeyPossession>()),
        (ActionType.Revoke, 2) => new Revoke(reader.Text(Member.MaxIdLength)),
        _ => null,
    };
}
