using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
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
    private readonly LearningLedger _ledger = new(Chain);
    private readonly MemoryPayloadStore _store = new();
    private readonly List<RoundClosed> _closed = [];
    private readonly List<FixedPointModel> _models = [Chain.InitialModel];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_model_without_a_member_is_that_of_the_others_updates()
    {
        Play(3);
        var expected = Chain.InitialModel;
        foreach (var closed in _closed)
            expected = RoundAggregation.Rerun(expected, Chain.Learning.Policy, new MeanRule(), closed, Without, Payloads()).Model;
        // The member's own payloads are not needed.
        foreach (var contribution in _closed.SelectMany(c => c.Contributions).Where(c => c.Member == Without))
            _store.Delete(contribution.Payload);

        var rerun = await Rerun(Without);

        Assert.Null(rerun.Fault);
        Assert.Equal(expected.Digest, rerun.Model!.Digest);
        Assert.NotEqual(_models[^1].Digest, expected.Digest);
        Assert.Equal([(1L, 3, true, true), (2L, 3, true, true), (3L, 3, true, true)], rerun.Rounds.Select(r => (r.Number, r.Kept, r.Removed, r.Recomputed)));
        Assert.Empty(rerun.Beyond);
    }

    [Fact]
    public async Task Rounds_whose_payloads_are_gone_keep_the_member_and_are_named()
    {
        Play(3);
        var lost = _closed[0].Contributions[0];
        _store.Delete(lost.Payload);

        var rerun = await Rerun(Without);

        Assert.Equal([false, true, true], rerun.Rounds.Select(r => r.Recomputed));
        Assert.Equal(1, Assert.Single(rerun.Beyond).Number);
        Assert.Contains($"the update of '{lost.Member}' to round 1", rerun.Rounds[0].Why);
        var expected = _models[1];
        foreach (var closed in _closed.Skip(1))
            expected = RoundAggregation.Rerun(expected, Chain.Learning.Policy, new MeanRule(), closed, Without, Payloads()).Model;
        Assert.Equal(expected.Digest, rerun.Model!.Digest);
    }

    [Fact]
    public async Task Where_nothing_can_be_computed_it_says_why()
    {
        Assert.Contains("no round is final", (await Rerun(Without)).Fault);
        Play(1);
        Assert.Contains("never was a member", (await Rerun("hospital-9")).Fault);
        _store.Delete(Chain.InitialModel.Digest);
        var rerun = await Rerun(Without);
        Assert.Contains("nothing can be computed again: model", rerun.Fault);
        Assert.Null(rerun.Model);
        Assert.Equal(1, Assert.Single(rerun.Beyond).Number);
    }

    private async Task<ModelRerun> Rerun(string without)
    {
        string file = Path.Combine(_folder, $"{Guid.NewGuid():N}.db");
        Assert.True(LedgerReader.TryOpen(await _ledger.WriteAsync(file), out var reader, out string? fault), fault);
        return ModelRerun.Run(reader, _store, without);
    }

    private void Play(int rounds)
    {
        _store.Put(Chain.InitialModel.ToBytes());
        _ledger.Step();
        for (int round = 1; round <= rounds; round++)
        {
            var contributions = Chain.Factories.Select((factory, seat) =>
                factory.Create(Chain.Contribute(_ledger.Application, _store.Put(Canonical.Encode(Chain.Update(round, _models[^1].Digest, (round * 10) + seat))))));
            _closed.Add(_ledger.Step([.. contributions]).Events.OfType<RoundClosed>().Single());
            var result = RoundAggregation.Aggregate(_models[^1], Chain.Learning.Policy, new MeanRule(), _closed[^1], Payloads());
            _store.Put(result.Model.ToBytes());
            _models.Add(result.Model);
            _ledger.Step([.. Chain.Factories.Select(f => f.Create(new Attestation(round, result.Model.Digest, result.Backbone.Digest)))]);
        }
    }

    private Dictionary<Digest, byte[]> Payloads()
    {
        var payloads = new Dictionary<Digest, byte[]>();
        foreach (var contribution in _closed.SelectMany(c => c.Contributions))
        {
            if (_store.TryGet(contribution.Payload, out byte[]? bytes))
                payloads[contribution.Payload] = bytes;
        }

        return payloads;
    }
}
