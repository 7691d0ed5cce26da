using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Application;
using Pipeline.Tests.Ledger.Rounds;

namespace Pipeline.Tests.Ledger.Sync;

/// <summary>Rounds of four members with real updates, whose payloads are in a store and whose blocks are in a journal.</summary>
internal sealed class PlayedRounds(TestChain chain, IPayloadStore store)
{
    private readonly LearningLedger _ledger = new(chain);

    public List<RoundClosed> Closed { get; } = [];

    /// <summary>The first, and that of each round.</summary>
    public List<FixedPointModel> Models { get; } = [chain.InitialModel];

    public void Play(int rounds)
    {
        store.Put(chain.InitialModel.ToBytes());
        _ledger.Step();
        for (int round = 1; round <= rounds; round++)
        {
            var contributions = chain.Factories.Select((factory, seat) =>
                factory.Create(chain.Contribute(_ledger.Application, store.Put(Canonical.Encode(chain.Update(round, Models[^1].Digest, (round * 10) + seat))))));
            Closed.Add(_ledger.Step([.. contributions]).Events.OfType<RoundClosed>().Single());
            var result = RoundAggregation.Aggregate(Models[^1], chain.Learning.Policy, new MeanRule(), Closed[^1], Payloads());
            store.Put(result.Model.ToBytes());
            Models.Add(result.Model);
            _ledger.Step([.. chain.Factories.Select(f => f.Create(new Attestation(round, result.Model.Digest, result.Backbone.Digest)))]);
        }
    }

    /// <summary>What becomes of a model by the rounds from <paramref name="first"/> on without a member.</summary>
    public FixedPointModel Without(string member, int first = 0)
    {
        var model = Models[first];
        foreach (var closed in Closed.Skip(first))
            model = RoundAggregation.Rerun(model, chain.Learning.Policy, new MeanRule(), closed, member, Payloads()).Model;
        return model;
    }

    public Task<Pipeline.Ledger.Consensus.ChainJournal> WriteAsync(string file) => _ledger.WriteAsync(file);

    private Dictionary<Digest, byte[]> Payloads()
    {
        var payloads = new Dictionary<Digest, byte[]>();
        foreach (var contribution in Closed.SelectMany(c => c.Contributions))
        {
            if (store.TryGet(contribution.Payload, out byte[]? bytes))
                payloads[contribution.Payload] = bytes;
        }

        return payloads;
    }
}
