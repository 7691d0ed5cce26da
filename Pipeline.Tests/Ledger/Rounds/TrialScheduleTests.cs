using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Rounds;

/// <summary>Members that do whatever they may in any order: what a chain with trials promises holds in every block.</summary>
public sealed class TrialScheduleTests
{
    private const int Runs = 8;
    private const int Blocks = 300;

    private readonly int _seed = Environment.TickCount;
    private readonly Dictionary<long, RoundOpened> _opened = [];
    private readonly Dictionary<long, Digest> _models = [];
    private readonly HashSet<Type> _seen = [];
    private (long Began, Digest Model)? _trial;
    private HashSet<long> _descent = [];
    private long _taken;

    [Fact]
    public void Rounds_never_repeat_branches_go_on_from_their_own_models_and_all_replicas_agree()
    {
        for (int run = 0; run < Runs; run++)
            Run(new Random(_seed + run), $"seed {_seed}, run {run}");
        foreach (var type in (Type[])[typeof(TrialBegan), typeof(TrialReady), typeof(TrialEnded), typeof(TrialRefused), typeof(TrainingCompleted), typeof(TrainingRestarted), typeof(RoundExtended)])
            Assert.True(_seen.Contains(type), $"seed {_seed}: {type.Name} never happened");
    }

    private void Run(Random random, string what)
    {
        _opened.Clear();
        _models.Clear();
        _trial = null;
        _descent = [];
        _taken = 0;
        var bench = new TrialBench(rounds: random.Next(12, 40), each: random.Next(1, 4), share: random.Next(500_000, 1_000_000));
        var all = bench.Members;
        _models[0] = bench.InitialModel;
        for (int block = 0; block < Blocks; block++)
        {
            var events = new List<IChainEvent>();
            for (int i = random.Next(9); i > 0; i--)
                events.AddRange(Act(bench, all, random));
            events.AddRange(bench.End());
            foreach (var happened in events)
                Take(happened, bench, $"{what}, block {bench.Height}");
            Check(bench, $"{what}, block {bench.Height}");
        }
    }

    private static List<IChainEvent> Act(TrialBench bench, MemberSet all, Random random)
    {
        string member = all[random.Next(all.Count)].Id;
        var info = bench.Info;
        switch (random.Next(100))
        {
            case < 4:
                bench.Schedule($"offer {bench.Height}");
                return [];
            case 4 when bench.Machine.CheckPause() is null && random.Next(4) == 0:
                return bench.Both((machine, events) => machine.Pause(events));
            case < 12 when bench.Machine.CheckResume() is null:
                return bench.Both((machine, events) => machine.Resume(bench.Height + 1, events));
            case 12 when info.Finals.Count > 0:
                long round = info.Finals[random.Next(info.Finals.Count)].Round;
                int rounds = random.Next(1, 20);
                return bench.Both((machine, events) => machine.Restart(round, rounds, events));
            case 13 when bench.Machine.CheckStop() is null && random.Next(3) == 0:
                return bench.Both((machine, events) => machine.Stop(events));
            case 14:
                return bench.Both((machine, events) => machine.Convict(member, events));
            case < 18 when bench.Machine.CheckReadmit(member) is null:
                return bench.Both((machine, events) => machine.Readmit(member, events));
            case 18:
                bench.Seat(random.Next(3) == 0 ? new MemberSet([.. all.Members.Where(m => m.Id != member)]) : all);
                return [];
            case < 60 when info.Phase == RoundPhase.Open:
                bench.Contribute(member);
                return [];
            case < 95 when info.Phase == RoundPhase.Closed:
                bench.Attest(member, random.Next(12) == 0 ? "another" : null);
                return [];
            case < 60 when info.Trial is { } trial:
                bench.Vote(member, trial.Began, random.Next(5) > 0);
                return [];
            default:
                return [];
        }
    }

    private void Take(IChainEvent happened, TrialBench bench, string what)
    {
        _seen.Add(happened.GetType());
        switch (happened)
        {
            case RoundOpened opened:
                Assert.True(_opened.TryAdd(opened.Round, opened), $"{what}: round {opened.Round} opens again");
                Assert.Equal(_opened.Count, opened.Round);
                if (opened.Branch.Side != TrialSide.None)
                    _taken++;
                Assert.True(_taken <= bench.Policy.Trial!.Budget(bench.Policy.Rounds), $"{what}: trials have had {_taken} rounds");
                long parent = ParentOf(opened);
                Assert.True(_models[parent] == opened.Base, $"{what}: round {opened.Round} starts from {opened.Base.Short}, round {parent} of its branch ended in {_models[parent].Short}");
                break;
            case RoundFinalized final:
                _models[final.Round] = final.Model;
                _descent.Add(final.Round);
                break;
            case TrialBegan began:
                Assert.True(_trial is null, $"{what}: two trials at once");
                _trial = (began.Round, default);
                break;
            case TrialReady ready:
                Assert.Equal(_trial!.Value.Began, ready.Began);
                Assert.Equal((bench.Policy.Trial!.Rounds, bench.Policy.Trial.Rounds), (Rounds(TrialSide.Own, ready.Began).Length, Rounds(TrialSide.Offered, ready.Began).Length));
                Assert.Equal(
                    (_models[Rounds(TrialSide.Own, ready.Began).Max()], _models[Rounds(TrialSide.Offered, ready.Began).Max()]), (ready.Own, ready.Offered));
                break;
            case TrialEnded ended:
                Assert.Equal(_trial!.Value.Began, ended.Began);
                _trial = null;
                _descent.ExceptWith(Rounds(ended.Accepted ? TrialSide.Own : TrialSide.Offered, ended.Began));
                break;
            case TrainingRestarted restarted:
                _descent.RemoveWhere(round => round > restarted.FromRound);
                break;
            case TrainingCompleted completed:
                Assert.True(_trial is null, $"{what}: training is complete in a trial");
                Assert.Equal(_models[_descent.DefaultIfEmpty(0).Max()], completed.Model);
                break;
        }
    }

    private void Check(TrialBench bench, string what)
    {
        var own = _trial is { } trial ? _descent.Except(Rounds(TrialSide.Offered, trial.Began)) : _descent;
        // The newest ones: what a branch that lost had pushed out does not come back.
        long[] said = [.. bench.Info.Finals.Select(f => f.Round)];
        Assert.True(
            own.Order().TakeLast(said.Length).SequenceEqual(said) && said.Length <= RoundMachine.RememberedFinals && (said.Length > 0 || !own.Any()),
            $"{what}: descends from {string.Join(' ', own.Order())}, and says {string.Join(' ', said)}");
        Assert.True(bench.Info.Finals.All(f => _models[f.Round] == f.Model), what);
        Assert.Equal(_trial?.Began, bench.Info.Trial?.Began);
        Assert.True(bench.Info.Phase != RoundPhase.Judging || _trial is not null, what);
    }

    /// <summary>The newest final round that a round goes on from: of its own branch in a trial, else of what training descends from.</summary>
    private long ParentOf(RoundOpened opened)
    {
        if (_trial is not { } trial)
            return _descent.DefaultIfEmpty(0).Max();
        var other = Rounds(opened.Branch.Side == TrialSide.Own ? TrialSide.Offered : TrialSide.Own, trial.Began);
        return _descent.Except(other).DefaultIfEmpty(0).Max();
    }

    private long[] Rounds(TrialSide side, long began) =>
        _opened.Values.Where(o => o.Round >= began && o.Branch.Side == side).Select(o => o.Round).ToArray();
}
