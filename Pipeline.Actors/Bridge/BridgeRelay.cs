using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Payloads;

namespace Pipeline.Actors.Bridge;

/// <summary>
/// The stage that forwards: blocks of the source chain → what the destination has yet to hear of it (<see cref="RelayPlan"/>) → for a packet, the
/// backbone payload stored and acknowledged by members of the destination → a transaction there. Trusted with nothing: the destination checks the proof, and several relays may run, of which
/// the first to arrive wins. A failure starts it again from the outbox's first packet; what was delivered is passed over by its sequence number.
/// </summary>
public static class BridgeRelay
{
    /// <summary>Blocks that may wait between the replica and the stage; more fail the stage, which then starts again.</summary>
    public const int BlockBuffer = 4096;

    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(90);

    /// <param name="transactions">Signs deliveries for the destination chain.</param>
    /// <returns>Stops the relay.</returns>
    public static UniqueKillSwitch Start(
        ActorSystem system, IMaterializer materializer, BridgeEnd source, BridgeEnd destination, TransactionFactory transactions)
    {
        var log = Logging.GetLogger(system, $"bridge/{source.Chain}-{destination.Chain}");
        var restarts = RestartSettings.Create(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), 0.2);
        return RestartSource.WithBackoff(() => Deliveries(source, destination, transactions, log), restarts)
            .ViaMaterialized(KillSwitches.Single<ChainProtocol.Submit>(), Keep.Right)
            .To(Sink.ForEach<ChainProtocol.Submit>(submit => destination.Replica.Tell(submit, ActorRefs.Nobody)))
            .Run(materializer);
    }

    private static Source<ChainProtocol.Submit, NotUsed> Deliveries(
        BridgeEnd source, BridgeEnd destination, TransactionFactory transactions, ILoggingAdapter log)
    {
        return Source.ActorRef<object>(BlockBuffer, OverflowStrategy.Fail)
            .MapMaterializedValue(subscriber =>
            {
                // Ends of epochs that the destination has not heard of lie in blocks of the past.
                source.Replica.Tell(RelayPlan.NeedsBlocksAbove(source.Id, source.View(), destination.View()) is { } height
                    ? new ChainProtocol.Subscribe(subscriber, height)
                    : new ChainProtocol.Follow(subscriber), subscriber);
                return NotUsed.Instance;
            })
            .Collect(message => message is ChainProtocol.BlockApplied, message => (ChainProtocol.BlockApplied)message)
            .StatefulSelectMany<ChainProtocol.BlockApplied, RelayItem, NotUsed>(() =>
            {
                var plan = new RelayPlan(source.Id, destination.Id);
                return applied => plan.Next(applied, source.View().Outbox, destination.View(), destination.Chain);
            })
            .Where(item => item is not RelayItem.Packet packet || !IsConsumed(packet.Content, destination))
            .SelectAsync(1, item => item switch
            {
                RelayItem.Packet packet => DeliverAsync(packet, source, destination, transactions, log),
                RelayItem.Ack ack => Task.FromResult(new ChainProtocol.Submit(transactions.Create(ack.Delivery))),
                RelayItem.News news => Task.FromResult(new ChainProtocol.Submit(transactions.Create(news.Update))),
                _ => throw new InvalidOperationException($"unexpected item {item}"),
            });
    }

    private static bool IsConsumed(AuxiliaryPacket packet, BridgeEnd destination) =>
        destination.View().Channels.Any(c => c.Client.Chain.ChainId == packet.SourceChain && c.NextSequence > packet.Sequence);

    private static async Task<ChainProtocol.Submit> DeliverAsync(
        RelayItem.Packet proven, BridgeEnd source, BridgeEnd destination, TransactionFactory transactions, ILoggingAdapter log)
    {
        var packet = proven.Content;
        var payload = await source.Exchange.Ask<object>(new PayloadProtocol.Fetch(packet.Payload), AskTimeout).ConfigureAwait(false) switch
        {
            PayloadProtocol.Fetched fetched => fetched.Bytes,
            PayloadProtocol.FetchFailed failed => throw new InvalidOperationException($"backbone {packet.Payload.Short} of {source.Chain}: {failed.Reason}"),
            var other => throw new InvalidOperationException($"unexpected answer {other}"),
        };
        var acks = await destination.Exchange.Ask<object>(new PayloadProtocol.Publish(LearningPayloads.Backbone, payload), AskTimeout)
            .ConfigureAwait(false) switch
        {
            PayloadProtocol.Published published => published.Acks,
            PayloadProtocol.PublishFailed failed => Unacknowledged(packet, failed.Reason, log),
            var other => throw new InvalidOperationException($"unexpected answer {other}"),
        };
        return new ChainProtocol.Submit(transactions.Create(new BridgeDelivery(packet, proven.Proof, acks)));
    }

    /// <summary>A payload that the destination's members refuse can never be offered: delivered without acks it is consumed with an error.</summary>
    private static IReadOnlyList<StoreAck> Unacknowledged(AuxiliaryPacket packet, string reason, ILoggingAdapter log)
    {
        log.Warning("Packet {0} of {1}: {2}", packet.Sequence, packet.SourceName, reason);
        return [];
    }
}
