using Akka.Actor;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Ledger.Application;

/// <summary>
/// The aggregator's disk and arithmetic, each on a thread of its own, off the dispatchers: a model may be hundreds of megabytes. Every
/// piece of work answers its actor with one message.
/// </summary>
internal sealed class AggregatorWork(LearningGenesis genesis, IPayloadStore store, IAggregationRule rule)
{
    /// <param name="Model">Null when the store has no usable model of this digest.</param>
    public sealed record ModelLoaded(Digest Digest, FixedPointModel? Model, string? Error);

    /// <summary>The result is in the store.</summary>
    public sealed record Aggregated(AggregatedRound Result);

    public sealed record Deleted;

    public sealed record Failed(string What, Exception Cause);

    public void Load(Digest digest, IActorRef answer) => Run($"Loading model {digest.Short}", answer, () =>
    {
        try
        {
            return store.TryGet(digest, out var bytes) ? Parse(digest, bytes) : new ModelLoaded(digest, null, null);
        }
        catch (InvalidDataException e)
        {
            return new ModelLoaded(digest, null, e.Message);
        }
    });

    /// <summary>Stores a fetched model and answers with it.</summary>
    public void Keep(Digest digest, byte[] bytes, IActorRef answer) => Run($"Storing model {digest.Short}", answer, () =>
    {
        store.Put(bytes);
        return Parse(digest, bytes);
    });

    public void Aggregate(FixedPointModel model, RoundClosed closed, IReadOnlyDictionary<Digest, byte[]> payloads, IActorRef answer) =>
        Run($"Aggregating round {closed.Round}", answer, () =>
        {
            var result = RoundAggregation.Aggregate(model, genesis.Policy, rule, closed, payloads);
            store.Put(result.Model.ToBytes());
            if (genesis.Policy.BridgeEvery > 0 && closed.Round % genesis.Policy.BridgeEvery == 0)
                store.Put(Codec.Canonical.Encode(result.Backbone));
            _ = (result.Model.Digest, result.Backbone.Digest);
            return new Aggregated(result);
        });

    /// <summary>Prunes the updates and models of rounds that are long final; the genesis' model stays.</summary>
    public void Delete(IReadOnlyList<Digest> expired, IActorRef answer) => Run("Deleting payloads of old rounds", answer, () =>
    {
        foreach (var payload in expired.Where(payload => payload != genesis.InitialModel))
            store.Delete(payload);
        return new Deleted();
    });

    /// <summary>Payloads whose author had them deleted: they are never stored again.</summary>
    public void Erase(IReadOnlyList<Digest> payloads, IActorRef answer) => Run("Deleting payloads of a member that withdrew", answer, () =>
    {
        foreach (var payload in payloads)
            store.Delete(payload);
        return new Deleted();
    });

    private ModelLoaded Parse(Digest digest, byte[] bytes)
    {
        var model = FixedPointModel.TryFromBytes(genesis.Layout, bytes, out string? error);
        // Hashed here, once, so that the actor never does.
        return model is null || model.Digest == digest
            ? new ModelLoaded(digest, model, error)
            : new ModelLoaded(digest, null, $"its bytes are those of {model.Digest.Short}");
    }

    private static void Run(string what, IActorRef answer, Func<object> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default)
            .PipeTo(answer, ActorRefs.NoSender, success: result => result, failure: e => new Failed(what, e));
}
