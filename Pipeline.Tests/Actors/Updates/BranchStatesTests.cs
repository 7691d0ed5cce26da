using System.Globalization;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Actors.Updates;

public sealed class BranchStatesTests(ITestOutputHelper output) : IDisposable
{
    private static readonly ModelLayout Layout = new([new TensorLayout("conv", [3], ParameterRole.Backbone, 20)]);
    private static readonly RoundBranch First = new(0, TrialSide.None);
    private static readonly RoundBranch Own = new(0, TrialSide.Own);
    private static readonly RoundBranch Offered = new(2, TrialSide.Offered);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("branch-states");

    public void Dispose() => _folder.Delete(recursive: true);

    private string StateFile => Path.Combine(_folder.FullName, "site.state");

    private string TrialFile => StateFile + BranchStates.TrialExtension;

    [Fact]
    public void A_trials_branch_begins_as_a_copy_and_goes_its_own_way()
    {
        var states = Open();
        Answer(states, First, 1);
        Assert.Equal(1, states.Of(Offered).Residual[0]);
        Assert.False(File.Exists(TrialFile));
        Answer(states, Offered, 2);
        Answer(states, Own, 3);
        Answer(states, Offered, 4);
        Assert.Equal([1 + 2 + 4, 1 + 3], [states.Of(Offered).Residual[0], states.Of(Own).Residual[0]]);
        Assert.Equal(4, states.Answered);
        Assert.Equal([StateFile, TrialFile], states.Changed.Order());
        states.Kept(TrialFile);
        Assert.Equal([StateFile], states.Changed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Behind_a_trial_the_branch_that_goes_on_is_the_chains(bool accepted)
    {
        var states = Open();
        Answer(states, First, 1);
        Answer(states, Offered, 2);
        Answer(states, Own, 3);
        var goesOn = new RoundBranch(accepted ? 2 : 0, TrialSide.None);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(accepted ? 1 + 2 : 1 + 3, states.Of(goesOn).Residual[0]);
            Assert.False(File.Exists(TrialFile));
            states = Open();
        }

        Answer(states, goesOn, 4);
        // The next trial's branch starts from there, and its own side is still that branch.
        Assert.Equal(states.Of(goesOn).Residual, Open().Of(new RoundBranch(5, TrialSide.Offered)).Residual);
        Answer(states, new RoundBranch(5, TrialSide.Offered), 5);
        Assert.Equal(4, Open().Of(goesOn with { Side = TrialSide.Own }).Round);
        Assert.Equal(5, Open().Of(new RoundBranch(5, TrialSide.None)).Round);
    }

    [Fact]
    public void A_missed_round_is_found_where_it_was_answered()
    {
        var states = Open();
        Answer(states, First, 1);
        Answer(states, Offered, 2);
        Answer(states, Own, 3);
        Assert.True(states.Change(2, s => s with { Payload = [] }));
        Assert.False(states.Change(2, s => s with { Payload = [] }));
        Assert.False(states.Change(1, s => s with { Payload = [] }));
        Assert.True(states.Change(3, s => s with { Payload = [] }));
        Assert.Empty(Open().Of(Offered).Payload);
        Assert.Empty(Open().Of(Own).Payload);
    }

    [Fact]
    public void Who_was_away_goes_on_with_what_it_has()
    {
        var states = Open();
        Answer(states, First, 1);
        // Away while the trial began, and again when it was accepted: the branch starts late, and the next trial's own side tells that it won.
        Answer(states, Own, 3);
        Answer(states, Offered, 4);
        Assert.Equal(1 + 3 + 4, states.Of(Offered).Residual[0]);
        Assert.Equal(4, Open().Of(new RoundBranch(2, TrialSide.Own)).Round);
        Assert.False(File.Exists(TrialFile));
        // Away for all of another trial that was accepted.
        Assert.Equal(4, Open().Of(new RoundBranch(20, TrialSide.None)).Round);
        // An undecided branch of long ago is nothing that a new one goes on with.
        Answer(states = Open(), new RoundBranch(30, TrialSide.Offered), 30);
        Assert.Equal(4, Open().Of(new RoundBranch(40, TrialSide.Offered)).Round);
    }

    /// <summary>Copies of the files that another node kept may be older than the last rename or deletion.</summary>
    [Fact]
    public void Older_copies_of_the_files_lead_to_the_same_state()
    {
        var states = Open();
        Answer(states, First, 1);
        Answer(states, Offered, 2);
        byte[] trial = File.ReadAllBytes(TrialFile);
        RoundBranch won = new(2, TrialSide.None);
        Assert.Equal(2, states.Of(won).Round);
        File.WriteAllBytes(TrialFile, trial);
        Answer(states = Open(), won, 6);
        File.WriteAllBytes(TrialFile, trial);
        Assert.Equal(6, Open().Of(won).Round);
        Assert.False(File.Exists(TrialFile));
    }

    [Fact]
    public void A_trial_that_is_over_is_settled_once_and_another_is_not_meant()
    {
        var states = Open();
        Answer(states, First, 1);
        Answer(states, Offered, 2);
        states.End(9, accepted: true);
        Assert.True(File.Exists(TrialFile));
        states.End(2, accepted: true);
        states.End(2, accepted: false);
        Assert.False(File.Exists(TrialFile));
        // Another trial begins at once.
        Assert.Equal(1 + 2, Open().Of(new RoundBranch(6, TrialSide.Offered)).Residual[0]);
    }

    [Fact]
    public void A_damaged_trial_file_is_named()
    {
        File.WriteAllBytes(TrialFile, new byte[100]);
        Assert.Contains(TrialFile, Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
    }

    /// <summary>A site that is killed at any step of any course of trials, and asked again, remembers what one that ran through remembers.</summary>
    [Fact]
    public void A_kill_at_any_step_changes_nothing()
    {
        ulong seed = Environment.GetEnvironmentVariable("PIPELINE_TEST_SEED") is { } given ? ulong.Parse(given, CultureInfo.InvariantCulture) : (ulong)(Environment.TickCount & 0xFFFF);
        output.WriteLine($"PIPELINE_TEST_SEED={seed}");
        var random = new SeededRandom(seed);
        for (int course = 0; course < 20; course++)
        {
            foreach (var file in _folder.EnumerateFiles())
                file.Delete();
            var model = new Dictionary<long, float> { [0] = 0 };
            long id = 0, round = 1;
            var states = Open();
            while (round < 60)
            {
                if (random.Next(4) != 0)
                {
                    Step(new RoundBranch(id, TrialSide.None));
                    continue;
                }

                long began = round;
                model[began] = model[id];
                for (int i = 0; i < 2 * 2; i++)
                    Step(i % 2 == 0 ? new RoundBranch(began, TrialSide.Offered) : new RoundBranch(id, TrialSide.Own));
                bool accepted = random.Next(2) == 0;
                id = accepted ? began : id;
                for (int life = random.Next(3); life >= 0; life--)
                {
                    states.End(began, accepted);
                    states = random.Next(2) == 0 ? states : Open();
                }
            }

            void Step(RoundBranch branch)
            {
                model[branch.Id] += round;
                // Before the round's first write, amid it, and between it and the answer.
                for (int life = random.Next(3); life >= 0; life--)
                {
                    if (random.Next(3) == 0)
                        states.Of(branch);
                    if (random.Next(3) == 0)
                        File.WriteAllBytes((branch.Side == TrialSide.Offered ? TrialFile : StateFile) + ".new", [1, 2, 3]);
                    if (random.Next(3) == 0 && states.Of(branch).Round != round)
                        Answer(states, branch, round);
                    if (life > 0)
                        states = Open();
                }

                if (states.Of(branch).Round != round)
                    Answer(states, branch, round);
                Assert.True(model[branch.Id] == states.Of(branch).Residual[0], $"seed {seed}, course {course}, round {round}, {branch}");
                round++;
            }
        }
    }

    [Fact]
    public void An_old_copy_of_a_trials_state_that_a_database_brings_back_takes_nobodys_place()
    {
        var states = Open();
        Answer(states, new(0, TrialSide.None), 1);
        Answer(states, new(2, TrialSide.Offered), 2);
        Answer(states, new(0, TrialSide.Own), 3);
        byte[] old = File.ReadAllBytes(TrialFile);
        states.End(2, true);
        Answer(states, new(2, TrialSide.None), 4);
        // This site is away from the offered rounds of the trial of round 5, which is accepted.
        Answer(states, new(2, TrialSide.Own), 6);
        Answer(states, new(5, TrialSide.None), 8);

        File.WriteAllBytes(TrialFile, old);
        states = Open();
        states.End(2, true);
        states.End(5, true);
        Assert.Equal(8, states.Of(new(5, TrialSide.None)).Round);
    }

    private BranchStates Open() => new(StateFile, Layout);

    /// <summary>A residual to which each round adds its number, so that it tells which rounds it has been through.</summary>
    private static void Answer(BranchStates states, RoundBranch branch, long round)
    {
        var before = states.Of(branch);
        states.Save(branch, before with { Round = round, Base = Digest.Of([1]), Payload = [(byte)round], Residual = [before.Residual[0] + round, 0, 0] });
    }
}
