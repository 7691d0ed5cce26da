using Pipeline.Ledger.Bridge;
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
        if (_ledger.Application.Height == 0)
            _ledger.Step();
        for (int left = rounds; left > 0; left--)
        {
            int round = (int)_ledger.Application.View.Round.Round;
            var from = Models.Last(m => m.Digest == _ledger.Application.View.Round.Base);
            var contributions = chain.Factories.Select((factory, seat) =>
                factory.Create(chain.Contribute(_ledger.Application, store.Put(Canonical.Encode(chain.Update(round, from.Digest, (round * 10) + seat))))));
            Closed.Add(_ledger.Step([.. contributions]).Events.OfType<RoundClosed>().Single());
            var result = RoundAggregation.Aggregate(from, chain.Learning.Policy, new MeanRule(), Closed[^1], Payloads());
            store.Put(result.Model.ToBytes());
            Models.Add(result.Model);
            _ledger.Step([.. chain.Factories.Select(f => f.Create(new Attestation(round, result.Model.Digest, result.Backbone.Digest)))]);
        }
    }

    /// <summary>Three members accept what another chain has just offered.</summary>
    public void Accept(LearningWorld source)
    {
        source.Step();
        var emitted = source.PlayRound().Events.OfType<PacketEmitted>().Single();
        source.Step();
        var payload = store.Put(source.Payloads[emitted.Packet.Payload]);
        _ledger.Step(chain.Factories[2].Create(
            new BridgeDelivery(emitted.Packet, source.First.View.Outbox.Prove(emitted.LeafIndex, source.NewestHeader), chain.Acks(payload))));
        _ledger.Step([.. chain.Factories.Take(3).Select(f => f.Create(new GateVote(emitted.Packet.SourceChain, emitted.Packet.Sequence, true)))]);
    }

    /// <summary>Three members say so of the trial that is judged.</summary>
    public void Judge(bool accept) =>
        _ledger.Step([.. chain.Factories.Take(3).Select(f => f.Create(new TrialVote(_ledger.Application.View.Round.Trial!.Began, accept ? 4 : -4)))]);

    /// <summary>What becomes of a model by the rounds from <paramref name="first"/> on without a member.</summary>
    public FixedPointModel Without(string member, int first = 0) => Without(member, Models[first], Closed.Skip(first));

    public FixedPointModel Without(string member, FixedPointModel model, IEnumerable<RoundClosed> rounds)
    {
        foreach (var closed in rounds)
            model = RoundAggregation.Rerun(model, chain.Learning.Policy, new MeanRule(), closed, member, Payloads()).Model;
        return model;
    }

    public Task<Pipeline.Ledger.Consensus.ChainJournal> WriteAsync(string file) => _ledger.WriteAsync(file);

    private Dictionary<Digest, byte[]> Payloads()
    {
        var payloads = new Dictionary<Digest, byte[]>();
        foreach (var payload in Closed.SelectMany(c => c.Contributions.Select(update => update.Payload).Concat(c.Auxiliary is { } blend ? [blend.Payload] : [])))
        {
            if (store.TryGet(payload, out byte[]? bytes))
                payloads[payload] = bytes;
        }

        return payloads;
    }
}
