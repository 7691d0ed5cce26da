using Pipeline.Ledger.Blocks;

namespace Pipeline.Ledger.Governance;

/// <summary>The protocol version of the next block, and the one that members decided to go on to. Pure and deterministic.</summary>
public sealed class UpgradeSchedule(int version)
{
    /// <summary>Of the next block.</summary>
    public int Version { get; private set; } = version;

    /// <summary>Null while no upgrade is decided.</summary>
    public GovernanceAction.Upgrade? Pending { get; private set; }

    /// <param name="height">The block that would decide it.</param>
    public string? Check(GovernanceAction.Upgrade upgrade, long height)
    {
        if (upgrade.Version != Version + 1)
            return $"version {upgrade.Version} does not follow version {Version}";
        if (Pending is { } pending)
            return $"version {pending.Version} is decided already, from height {pending.Height} on";
        return upgrade.Height > height + 1 ? null : $"height {upgrade.Height} is too near: at height {height} name one that every member reaches with the new build";
    }

    /// <summary>After <see cref="Check"/>.</summary>
    public void Schedule(GovernanceAction.Upgrade upgrade) => Pending = upgrade;

    /// <summary>True when the block after <paramref name="height"/> is the first of a new version.</summary>
    public bool EndBlock(long height, ICollection<IChainEvent> events)
    {
        if (Pending is not { } pending || pending.Height != height + 1)
            return false;
        Version = pending.Version;
        Pending = null;
        events.Add(new ProtocolUpgraded(Version, height + 1));
        return true;
    }

    /// <summary>A picture of the whole state, from which <see cref="Restore"/> makes the same schedule.</summary>
    public UpgradeSnapshot Snapshot() => new(Version, Pending?.Height ?? 0);

    /// <summary>Takes the state over.</summary>
    public void Restore(UpgradeSnapshot snapshot)
    {
        Version = snapshot.Version;
        Pending = snapshot.PendingHeight == 0 ? null : new GovernanceAction.Upgrade(Version + 1, snapshot.PendingHeight);
    }
}
