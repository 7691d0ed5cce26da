using Pipeline.Host.Control;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Host.Control;

public sealed class TrialWordsTests
{
    [Fact]
    public void A_trial_is_told_by_its_rounds_and_then_by_its_votes()
    {
        var bench = new TrialBench();
        bench.Schedule();
        bench.End();
        Assert.Equal("0 of 2 rounds with it, 0 without; round 1 is with", Describe());
        bench.Play();
        Assert.Equal("1 of 2 rounds with it, 0 without; round 2 is without", Describe());
        for (int round = 2; round <= 4; round++)
            bench.Play();
        Assert.Null(bench.Vote(2, true));
        Assert.Equal($"gains by members' votes, in points of AUC: hospital-2 20; 3 votes by height {bench.Height + 5} decide, and 8 in the middle accept", Describe());

        string Describe() => TrialWords.Describe(bench.Info, bench.Info.Trial!, bench.Members.Quorum);
    }
}
