using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;

namespace Pipeline.Ledger.Application;

/// <summary>What the members of a learning chain can decide, and what becomes of it.</summary>
public sealed partial class LearningApplication
{
    private bool IsChanging => Upgrade.Version >= ProtocolVersion.ChangingMembers;

    /// <summary>By the genesis, which no build reads that does not know them: no block is executed by some with and by others without.</summary>
    private bool HasTrials => Learning.Policy.Trial is not null;

    private string? Check(GovernanceAction action, bool isFirst)
    {
        if (action.Since > Upgrade.Version)
            return $"{action.GetType().Name} needs protocol version {action.Since}, this chain is at {Upgrade.Version}: upgrade it first";
        return action switch
        {
            GovernanceAction.Pause => Rounds.CheckPause(),
            GovernanceAction.Resume => Rounds.CheckResume(),
            GovernanceAction.Stop => Rounds.CheckStop(),
            GovernanceAction.Restart restart => Rounds.CheckRestart(restart.Round, restart.Model),
            GovernanceAction.Readmit readmit => Rounds.CheckReadmit(readmit.Member),
            GovernanceAction.ChangePolicy policy => Rounds.Check(policy.Change),
            GovernanceAction.Upgrade upgrade => Upgrade.Check(upgrade, Height + 1),
            GovernanceAction.Join or GovernanceAction.Leave or GovernanceAction.RotateKey or GovernanceAction.Revoke =>
                Membership.Check(action, Rounds.Policy.Quorum, isFirst),
            GovernanceAction.Grant when Learning.Policy.BridgeEvery == 0 => "the policy of this chain emits no backbone",
            GovernanceAction.Grant grant => Bridge.Check(grant.To, _time),
            GovernanceAction.EndGrant end => Bridge.CheckEndGrant(end.Chain),
            GovernanceAction.Trust trust => Bridge.Check(trust.Chain),
            GovernanceAction.Freeze freeze => Bridge.CheckFreeze(freeze.Chain),
            GovernanceAction.Unfreeze unfreeze => Bridge.CheckUnfreeze(unfreeze.Chain),
            GovernanceAction.LimitBridge limit => Bridge.Check(limit.Limits),
            GovernanceAction.SuspendBridge => Bridge.CheckSuspend(),
            GovernanceAction.ResumeBridge => Bridge.CheckResume(),
            _ => $"{action.GetType().Name} is not an action of a learning chain",
        };
    }

    private void Execute(GovernanceAction action, ICollection<IChainEvent> events)
    {
        long height = Height + 1, time = _executing!.Time;
        switch (action)
        {
            case GovernanceAction.Pause:
                Rounds.Pause(events);
                break;
            case GovernanceAction.Resume:
                Rounds.Resume(height, events);
                break;
            case GovernanceAction.Stop:
                Rounds.Stop(events);
                break;
            case GovernanceAction.Restart restart:
                Rounds.Restart(restart.Round, restart.Rounds, events);
                break;
            case GovernanceAction.Readmit readmit:
                Rounds.Readmit(readmit.Member, events);
                break;
            case GovernanceAction.ChangePolicy policy:
                Rounds.Apply(policy.Change);
                events.Add(new PolicyChanged(Rounds.Policy));
                break;
            case GovernanceAction.Upgrade upgrade:
                Upgrade.Schedule(upgrade);
                break;
            case GovernanceAction.Join or GovernanceAction.Leave or GovernanceAction.RotateKey or GovernanceAction.Revoke:
                Membership.Decide(action);
                break;
            default:
                ExecuteOnBridge(action, time, events);
                break;
        }
    }

    private void ExecuteOnBridge(GovernanceAction action, long time, ICollection<IChainEvent> events)
    {
        switch (action)
        {
            case GovernanceAction.Grant grant:
                Bridge.Apply(grant.To);
                break;
            case GovernanceAction.EndGrant end:
                Bridge.EndGrant(end.Chain);
                break;
            case GovernanceAction.Trust trust:
                Bridge.Apply(trust.Chain, time, events);
                break;
            case GovernanceAction.Freeze freeze:
                Bridge.Freeze(freeze.Chain, events);
                break;
            case GovernanceAction.Unfreeze unfreeze:
                Bridge.Unfreeze(unfreeze.Chain, time);
                break;
            case GovernanceAction.LimitBridge limit:
                Bridge.Apply(limit.Limits);
                break;
            case GovernanceAction.SuspendBridge:
                Bridge.Suspend(events);
                break;
            case GovernanceAction.ResumeBridge:
                Bridge.Resume();
                break;
        }
    }

    /// <summary>An epoch begins: whatever counts by seat follows its institution.</summary>
    private void Seat(MemberSet members)
    {
        Rounds.Seat(members);
        Bridge.Seat(members);
        Governance.Seat(members);
    }

    /// <summary>What an older version could not read was refused there, and stays so when the block is replayed.</summary>
    private string? CheckVersion(BridgeDelivery delivery) => delivery.Packet.UpdateNorm is not null && !IsChanging
        ? "a packet of a newer form than this chain's protocol knows"
        : null;
}
