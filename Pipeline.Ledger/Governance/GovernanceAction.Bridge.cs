using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Governance;

/// <summary>What goes to other chains and what is taken from them.</summary>
public abstract partial record GovernanceAction
{
    /// <summary>The aggregated backbone may go to a chain; takes the place of an earlier grant to it.</summary>
    public sealed record Grant(BridgeGrant To) : GovernanceAction
    {
        private protected override ActionType Type => ActionType.Grant;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Item(To);
    }

    /// <summary>Nothing more is emitted to the chain; what was emitted stays with whoever fetched it.</summary>
    public sealed record EndGrant(string Chain) : GovernanceAction
    {
        private protected override ActionType Type => ActionType.EndGrant;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Text(Chain);
    }

    /// <summary>
    /// Packets of a chain are accepted from now on. Of a chain that is trusted already the light client starts anew from these members, which also
    /// ends a freeze or an expiry; its packets stay in sequence.
    /// </summary>
    public sealed record Trust(TrustedChain Chain) : GovernanceAction
    {
        private protected override ActionType Type => ActionType.Trust;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Item(Chain);
    }

    /// <summary>Nothing of a trusted chain is believed until <see cref="Unfreeze"/> or <see cref="Trust"/>.</summary>
    public sealed record Freeze(Digest Chain) : GovernanceAction
    {
        private protected override ActionType Type => ActionType.Freeze;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Digest(Chain);
    }

    /// <summary>A frozen client goes on from where it stood.</summary>
    public sealed record Unfreeze(Digest Chain) : GovernanceAction
    {
        private protected override ActionType Type => ActionType.Unfreeze;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Digest(Chain);
    }

    /// <summary>What may come in from each trusted chain.</summary>
    public sealed record LimitBridge(BridgeLimits Limits) : GovernanceAction
    {
        private protected override ActionType Type => ActionType.LimitBridge;

        private protected override int Items => 1;

        private protected override void WriteItems(CanonicalWriter writer) => writer.Item(Limits);
    }

    /// <summary>The kill switch: nothing is emitted, nothing is accepted, offers are refused, until <see cref="ResumeBridge"/>.</summary>
    public sealed record SuspendBridge : GovernanceAction
    {
        private protected override ActionType Type => ActionType.SuspendBridge;
    }

    public sealed record ResumeBridge : GovernanceAction
    {
        private protected override ActionType Type => ActionType.ResumeBridge;
    }

    private static GovernanceAction? ReadBridge(ActionType type, int items, CanonicalReader reader) => (type, items) switch
    {
        (ActionType.Grant, 2) => new Grant(reader.Item<BridgeGrant>()),
        (ActionType.EndGrant, 2) => new EndGrant(reader.Text(Genesis.MaxNameLength)),
        (ActionType.Trust, 2) => new Trust(reader.Item<TrustedChain>()),
        (ActionType.Freeze, 2) => new Freeze(reader.Digest()),
        (ActionType.Unfreeze, 2) => new Unfreeze(reader.Digest()),
        (ActionType.LimitBridge, 2) => new LimitBridge(reader.Item<BridgeLimits>()),
        (ActionType.SuspendBridge, 1) => new SuspendBridge(),
        (ActionType.ResumeBridge, 1) => new ResumeBridge(),
        _ => null,
    };
}
