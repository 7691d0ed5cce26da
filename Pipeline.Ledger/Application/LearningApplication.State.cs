using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>The state as canonical bytes, the root that headers commit to, and the way back.</summary>
public sealed partial class LearningApplication
{
    private RoundMachine Rounds => _state.Rounds;

    private BridgeMachine Bridge => _state.Bridge;

    private GovernanceMachine Governance => _state.Governance;

    private MembershipMachine Membership => _state.Membership;

    private UpgradeSchedule Upgrade => _state.Upgrade;

    public byte[] Save() => Canonical.Encode(new LearningSnapshot(
        Height, _time, _lastBlock, Rounds.Snapshot(_version), Bridge.Snapshot(_version), Governance.Snapshot(), _state.UpgradeOf(_version),
        _state.MembershipOf(_version)));

    public string? Restore(ReadOnlyMemory<byte> state, BlockHeader next)
    {
        if (!Canonical.TryDecode<LearningSnapshot>(state, out var snapshot, out string? error))
            return error;
        if (snapshot.Height != next.Height - 1)
            return $"the state after height {snapshot.Height}, where the header of {next.Height} commits to that after {next.Height - 1}";
        var machines = StartMachines();
        try
        {
            machines.Restore(snapshot);
        }
        catch (CanonicalFormatException e)
        {
            return e.Message;
        }

        int version = snapshot.Membership is null ? ProtocolVersion.FixedMembers : ProtocolVersion.ChangingMembers;
        var root = RootOf(snapshot.Height, snapshot.Time, snapshot.LastBlock, machines, version);
        if (root != next.StateRoot || machines.Bridge.Outbox.Root != next.OutboxRoot)
            return $"its root is {root.Short}, and header {next.Height} commits to {next.StateRoot.Short}";
        _state = machines;
        _version = version;
        (Height, _time, _lastBlock, StateRoot) = (snapshot.Height, snapshot.Time, snapshot.LastBlock, root);
        _view = TakeView();
        return null;
    }

    private Machines StartMachines() => new(
        new RoundMachine(_chainId, _terms.Members, Learning.Policy, Learning.InitialModel, _verifier), new BridgeMachine(_terms, _verifier),
        new GovernanceMachine(_terms.Members, Check, Execute), new MembershipMachine(_chainId, _terms.Members, _verifier),
        new UpgradeSchedule(_genesisVersion));

    private static Digest RootOf(long height, long time, Digest lastBlock, Machines state, int version) => Digest.Of(Canonical.Encode(w =>
    {
        var upgrade = state.UpgradeOf(version);
        var membership = state.MembershipOf(version);
        w.Array(6 + (upgrade is null ? 0 : 1) + (membership is null ? 0 : 1)).Int(height).Int(time).Digest(lastBlock)
            .Item(state.Rounds.Snapshot(version));
        state.Bridge.WriteTo(w, version);
        w.Item(state.Governance.Snapshot());
        if (upgrade is not null)
            w.Item(upgrade);
        if (membership is not null)
            w.Item(membership);
        w.EndArray();
    }));

    /// <summary>What the state is made of; taken over as a whole or not at all.</summary>
    private sealed record Machines(
        RoundMachine Rounds, BridgeMachine Bridge, GovernanceMachine Governance, MembershipMachine Membership, UpgradeSchedule Upgrade)
    {
        /// <summary>The first version had no word for an upgrade that is not there.</summary>
        public UpgradeSnapshot? UpgradeOf(int version) =>
            version >= ProtocolVersion.ChangingMembers || Upgrade.Pending is not null || Upgrade.Version != version ? Upgrade.Snapshot() : null;

        public MembershipSnapshot? MembershipOf(int version) => version >= ProtocolVersion.ChangingMembers ? Membership.Snapshot() : null;

        /// <exception cref="CanonicalFormatException">The snapshot contradicts itself, or is of other members.</exception>
        public void Restore(LearningSnapshot snapshot)
        {
            if (snapshot.Upgrade is not null)
                Upgrade.Restore(snapshot.Upgrade);
            if (snapshot.Membership is not null)
                Membership.Restore(snapshot.Membership);
            Rounds.Restore(snapshot.Rounds, Membership.Members);
            Bridge.Restore(snapshot.Bridge, Membership.Members);
            Governance.Restore(snapshot.Governance, Membership.Members);
        }
    }
}
