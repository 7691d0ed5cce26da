using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Simulation;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Ledger.Simulation;

/// <summary>
/// One identity running twice × partitions × leaders (Bano et al., "Twins: BFT Systems Made Robust", arXiv 2004.10617). The proposers go
/// round by seat, so every choice of the twin's seat is another order of leaders.
/// </summary>
public sealed class TwinsTests(ITestOutputHelper output)
{
    private const int Window = 700;
    private const int Heights = 2;

    // Long enough for a round in which every time-out elapses.
    private const int RoundWindow = 1200;

    // Five nodes in two parts, node 0 always in the first: 16 ways, the whole among them.
    private const int Splits = 16;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Twins_of_any_seat_under_any_three_partitions_in_turn(int twin)
    {
        int scripts = 0, late = 0;
        foreach (var (name, world) in Partitions(twin, ConsensusRules.Correct))
        {
            AssertHolds(name, world);
            scripts++;
            late += world.Honest.Any(n => n.Decided[0].Certificate.Round > 0) ? 1 : 0;
        }

        output.WriteLine($"twins of seat {twin}: {scripts} scripts, {late} decided in a later round");
        Assert.Equal(Splits * Splits * Splits, scripts);
        Assert.True(late > 300, $"only {late} scripts forced a second round");
    }

    [Fact]
    public void A_lock_that_nobody_knows_of_beside_twins_under_any_two_partitions()
    {
        int scripts = 0;
        foreach (var (name, holder, world) in HiddenLocks(ConsensusRules.Correct))
        {
            AssertHolds(name, world);
            Assert.Contains(world.Nodes[holder].Journal, r => r is JournalRecord.Locked { Polka: { Height: 1, Round: 0 } });
            scripts++;
        }

        Assert.Equal(4 * 3 * Splits * Splits, scripts);
    }

    [Fact]
    public void The_scripts_notice_broken_rules()
    {
        Assert.Contains(HiddenLocks(new ConsensusRules { IgnoreLock = true }), s => Judge(s.World) == ViolationKind.BrokenLock);
        Assert.Contains(HiddenLocks(new ConsensusRules { NoPolkaCertificates = true }), s => Judge(s.World) == ViolationKind.Stuck);
        Assert.Contains(Partitions(1, new ConsensusRules { SmallQuorum = true }), s => Judge(s.World) == ViolationKind.Fork);
    }

    [Theory]
    [InlineData(4, new[] { 2 }, 1500)]
    [InlineData(7, new[] { 1, 4 }, 300)]
    public void Twins_over_random_one_way_links(int members, int[] twins, int scripts)
    {
        for (int seed = 1; seed <= scripts; seed++)
        {
            var random = new SimulationRandom(seed);
            int windows = 2 + random.Below(4), nodes = members + twins.Length;
            var links = new bool[windows, nodes, nodes];
            for (int i = 0; i < links.Length; i++)
                links[i / nodes / nodes, i / nodes % nodes, i % nodes] = random.Chance(600);
            var world = new ScriptedWorld(members, null, twins);
            world.Passes = (from, to, _) => world.Now / Window >= windows || links[world.Now / Window, from, to];
            AssertHolds($"seed {seed}", world);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(10)]
    public void With_one_more_away_than_tolerated_nothing_is_decided_and_on_return_everything_goes_on(int members)
    {
        int away = ((members - 1) / 3) + 1;
        var world = new ScriptedWorld(members, null);
        Assert.True(world.RunUntil(10_000, () => world.Honest.All(n => n.Decided.Count >= 2)), "nothing is decided at the start");
        world.Passes = (from, to, _) => from >= away && to >= away;
        // What was under way arrives.
        world.RunUntil(world.Now + 10, () => false);
        int before = world.Honest.Max(n => n.Decided.Count);

        world.RunUntil(world.Now + 600_000, () => false);
        Assert.Equal(before, world.Honest.Max(n => n.Decided.Count));

        world.Passes = (_, _, _) => true;
        Assert.True(
            world.RunUntil(world.Now + 60_000, () => world.Honest.All(n => n.Decided.Count >= before + 3)),
            $"stuck: {string.Join("; ", world.Honest.Select(n => n.State))}");
        Assert.Null(world.Violation);
    }

    private static IEnumerable<(string Name, ScriptedWorld World)> Partitions(int twin, ConsensusRules rules)
    {
        for (int script = 0; script < Splits * Splits * Splits; script++)
        {
            int[] splits = [script % Splits, script / Splits % Splits, script / Splits / Splits];
            var world = new ScriptedWorld(4, rules, twin);
            world.Passes = (from, to, _) => (world.Now / Window) is var window && (window >= splits.Length || Together(splits[window], from, to));
            yield return ($"twin {twin}, partitions {string.Join(", ", splits)}", world);
        }
    }

    /// <summary>
    /// In round 0 one member misses the proposal, the holder alone sees the prevote that makes the polka, and its precommit, polka and
    /// proposals of that block reach nobody. The others see a round without a result and go on, under two partitions in turn; then all is heard.
    /// </summary>
    private static IEnumerable<(string Name, int Holder, ScriptedWorld World)> HiddenLocks(ConsensusRules rules)
    {
        for (int script = 0; script < 4 * 4 * Splits * Splits; script++)
        {
            int[] splits = [script % Splits, script / Splits % Splits];
            int twin = script / Splits / Splits % 4, holder = script / Splits / Splits / 4;
            if (holder == twin)
                continue;
            var world = new ScriptedWorld(4, rules, twin);
            int proposer = 1, unaware = Enumerable.Range(0, 4).First(seat => seat != twin && seat != holder && seat != proposer);
            world.Passes = (from, to, message) => (world.Now / RoundWindow) switch
            {
                0 => from < 4 && !IsHidden(message, to, twin, holder, unaware),
                var window and <= 2 => !IsHidden(message, to, twin, holder, unaware) && Together(splits[window - 1], from, to),
                _ => true,
            };
            yield return ($"twin {twin}, lock at {holder}, partitions {string.Join(", ", splits)}", holder, world);
        }
    }

    private static bool IsHidden(ChainMessage message, int to, int twin, int holder, int unaware) => message switch
    {
        ChainMessage.Propose { Proposal: { Height: 1, Round: 0 } } => to == unaware,
        ChainMessage.Propose { Proposal: { Height: 1, ValidRound: 0 } } or ChainMessage.Polka { Certificate: { Height: 1, Round: 0 } } => true,
        ChainMessage.Votes votes => votes.Items.Any(v => v is { Height: 1, Round: 0 } && !v.BlockId.IsZero &&
            (v.Type == StatementType.Precommit || (v.Seat == twin && to != holder))),
        _ => false,
    };

    private static bool Together(int split, int one, int other) => Side(split, one) == Side(split, other);

    private static int Side(int split, int node) => node == 0 ? 0 : split >> (node - 1) & 1;

    private static void AssertHolds(string script, ScriptedWorld world) => Assert.True(
        Judge(world) is null, $"{script}: {world.Violation}; {string.Join("; ", world.Honest.Select(n => n.State))}");

    /// <summary>Null when all decide and no rule is broken.</summary>
    private static ViolationKind? Judge(ScriptedWorld world)
    {
        bool decided = world.RunUntil(60_000, () => world.Honest.All(n => n.Decided.Count >= Heights));
        return world.Violation?.Kind ?? (decided ? null : ViolationKind.Stuck);
    }
}
