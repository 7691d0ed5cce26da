using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using Pipeline.Actors.Ingest;
using static Pipeline.Host.Cluster.ClusterProtocol;

namespace Pipeline.Host.Cluster;

/// <summary>On a node that takes images: gives its samples to every training node that asks.</summary>
internal sealed class SampleFeeds : ReceiveActor
{
    /// <summary>Its name below <c>/user</c>, where training nodes look for it.</summary>
    public const string Name = "sample-feeds";

    public SampleFeeds(IngestPipeline ingest)
    {
        var materializer = Context.Materializer();
        var log = Context.GetLogger();
        Receive<AskFeed>(ask =>
        {
            var asker = Sender;
            if (ingest.Feed(ask.Chain, ask.Writing, ask.Position) is not { } feed)
            {
                asker.Tell(new NoFeed(ask.Chain, "the chain is not configured on this node"));
                return;
            }

            log.Info("chain {0}: samples go to {1}", ask.Chain, asker.Path.Address);
            feed.RunWith(StreamRefs.SourceRef<byte[]>(), materializer)
                .PipeTo(asker, Self, pieces => new Feed(ask.Chain, pieces), e => new NoFeed(ask.Chain, e.GetBaseException().Message));
        });
    }

    public static Props Props(IngestPipeline ingest) => Akka.Actor.Props.Create(() => new SampleFeeds(ingest));
}
