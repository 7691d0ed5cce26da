namespace Pipeline.Ledger.Simulation;

/// <summary>What goes wrong in one schedule before the network is stable, drawn from its seed. Rates are per mille.</summary>
/// <param name="Crash">Per boundary between two effects.</param>
/// <param name="MaxDelay">Usual bound of a message's delay (virtual ms); some take far longer.</param>
/// <param name="GatherRecords">
/// A step's records are one write ahead of the rest, as <see cref="Consensus.ReplicaActor"/> makes it; otherwise every persist is a write of its
/// own in its place.
/// </param>
/// <param name="SyncFirst">Members ask the others before they sign, as the actor does; otherwise they sign at once.</param>
/// <param name="Idle">Usual bound of the time (virtual ms) after which a member has a reason for another block.</param>
/// <param name="RollBack">
/// The member of seat <paramref name="First"/> loses the end of its journal, and f others are away meanwhile. Nothing is lost and nobody else
/// crashes then: only where those present hold every signature can the member learn of all of them.
/// </param>
/// <param name="First">The first seat of those that are Byzantine, or the one that is rolled back.</param>
/// <param name="Strategies">Of the Byzantine members, in the order of their seats.</param>
internal sealed record Faults(
    int Loss, int Duplication, int Crash, int MaxDelay, bool Partitions, bool GatherRecords, bool SyncFirst, int Idle, bool RollBack, int First,
    IReadOnlyList<Strategy> Strategies)
{
    public static Faults None { get; } = new(0, 0, 0, 0, false, true, true, 0, false, 0, []);

    public static Faults Draw(SimulationRandom random, int members)
    {
        int faulty = (members - 1) / 3;
        int kind = random.Below(16);
        int first = random.Below(members);
        bool rollBack = kind == 0 && faulty > 0;
        var strategies = new Strategy[kind < 2 ? 0 : faulty];
        bool alike = random.Chance(700);
        for (int i = 0; i < strategies.Length; i++)
            strategies[i] = i > 0 && alike ? strategies[0] : DrawStrategy(random);
        int idle = random.Chance(250) ? 1500 : 30;
        return rollBack
            ? new Faults(0, random.Below(3) * 50, 0, 20 + (random.Below(4) * 60), false, random.Chance(500), true, idle, true, first, strategies)
            : new Faults(
                random.Below(4) * 100, random.Below(3) * 50, random.Below(4) * 12, 20 + (random.Below(4) * 60), true, random.Chance(500),
                random.Chance(500), idle, false, first, strategies);
    }

    private static Strategy DrawStrategy(SimulationRandom random) => random.Below(8) switch
    {
        0 => Strategy.Silent,
        1 or 2 => Strategy.Chaotic,
        3 or 4 => Strategy.Deserting,
        5 or 6 => Strategy.Splitting,
        _ => Strategy.Twins,
    };
}
