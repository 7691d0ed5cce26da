using Pipeline.Ledger.Rounds;
using Pipeline.Ledger.Sync;
using Pipeline.Tests.Ledger.Application;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Sync;

/// <summary>Three rounds of four members with real updates, and the model without one of them.</summary>
public sealed class ModelRerunTests : IDisposable
{
    private const string Without = "hospital-2";

    private static readonly TestChain Chain = new(policy: TestChain.Policy with { Rounds = 5 });

    private readonly string _folder = Directory.CreateTempSubdirectory("pipeline-rerun").FullName;
    private readonly MemoryPayloadStore _store = new();
    private readonly PlayedRounds _played;

    public ModelRerunTests() => _played = new PlayedRounds(Chain, _store);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_model_without_a_member_is_that_of_the_others_updates()
    {
        _played.Play(3);
        var expected = _played.Without(Without);
        // The member's own payloads are not needed.
        foreach (var contribution in _played.Closed.SelectMany(c => c.Contributions).Where(c => c.Member == Without))
            _store.Delete(contribution.Payload);

        var rerun = await Rerun(Without);

        Assert.Null(rerun.Fault);
        Assert.Equal(expected.Digest, rerun.Model!.Digest);
        Assert.NotEqual(_played.Models[^1].Digest, expected.Digest);
        Assert.Equal([(1L, 3, true, true), (2L, 3, true, true), (3L, 3, true, true)], rerun.Rounds.Select(r => (r.Number, r.Kept, r.Removed, r.Recomputed)));
        Assert.Empty(rerun.Beyond);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 3)]
    public async Task Of_a_trial_the_model_descends_from_the_branch_that_went_on(bool accept, long round)
    {
        var source = new TestChain("skull", keySet: 1, policy: TestChain.Policy with { BridgeEvery = 1, BridgeGrants = ["chest"] });
        var played = new PlayedRounds(
            new TestChain(policy: TestChain.Policy with { Rounds = 8, Trial = new TrialPolicy(1, 500_000, 80_000) }, trusted: [source.Trust()]), _store);
        played.Play(0);
        played.Accept(new LearningWorld(source));
        played.Play(2);
        Assert.NotNull(played.Closed[1].Auxiliary);
        Assert.Equal([1L], (await Rerun(Without, played)).Rounds.Select(r => r.Number));
        played.Play(1);
        played.Judge(accept);
        played.Play(1);

        var rerun = await Rerun(Without, played);

        Assert.Equal([1L, round, 4], rerun.Rounds.Select(r => r.Number));
        var line = played.Closed.Where(c => c.Round is 1 or 4 || c.Round == round);
        Assert.Equal(played.Without(Without, played.Models[0], line).Digest, rerun.Model!.Digest);
    }

    [Fact]
    public async Task Rounds_whose_payloads_are_gone_keep_the_member_and_are_named()
    {
        _played.Play(3);
        var lost = _played.Closed[0].Contributions[0];
        _store.Delete(lost.Payload);

        var rerun = await Rerun(Without);

        Assert.Equal([false, true, true], rerun.Rounds.Select(r => r.Recomputed));
        Assert.Equal(1, Assert.Single(rerun.Beyond).Number);
        Assert.Contains($"the update of '{lost.Member}' to round 1", rerun.Rounds[0].Why);
        Assert.Equal(_played.Without(Without, first: 1).Digest, rerun.Model!.Digest);
    }

    [Fact]
    public async Task Where_nothing_can_be_computed_it_says_why()
    {
        Assert.Contains("no round is final", (await Rerun(Without)).Fault);
        _played.Play(1);
        Assert.Contains("never was a member", (await Rerun("hospital-9")).Fault);
        _store.Delete(Chain.InitialModel.Digest);
        var rerun = await Rerun(Without);
        Assert.Contains("nothing can be computed again: model", rerun.Fault);
        Assert.Null(rerun.Model);
        Assert.Equal(1, Assert.Single(rerun.Beyond).Number);
    }

    private async Task<ModelRerun> Rerun(string without, PlayedRounds? played = null)
    {
        string file = Path.Combine(_folder, $"{Guid.NewGuid():N}.db");
        Assert.True(LedgerReader.TryOpen(await (played ?? _played).WriteAsync(file), out var reader, out string? fault), fault);
        return ModelRerun.Run(reader, _store, without);
    }
}
