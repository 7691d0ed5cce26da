using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using Pipeline.Actors.Training.Sharing;
using Pipeline.Ledger.Rounds;
using static Pipeline.Host.Cluster.ClusterProtocol;

namespace Pipeline.Host.Cluster;

/// <summary>On every training node, for each chain: computes parts of the steps of whichever node trains (see <see cref="HelperKeeper"/>).</summary>
internal sealed class HelperDesk : ReceiveActor
{
    /// <summary>libtorch may have to be read from a slow disk; the asker's stream waits for 30 s.</summary>
    private static readonly TimeSpan Loading = TimeSpan.FromSeconds(25);

    /// <summary>The asker is gone long before.</summary>
    private static readonly TimeSpan Computing = TimeSpan.FromMinutes(30);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IMaterializer _materializer = Context.Materializer();
    private readonly string _chain;
    private readonly ModelLayout _layout;
    private readonly IActorRef _trainer;

    /// <param name="trainer">A <see cref="GradientActor"/>.</param>
    public HelperDesk(string chain, ModelLayout layout, Props trainer)
    {
        (_chain, _layout) = (chain, layout);
        _trainer = Context.ActorOf(trainer, "gradients");
        Receive<AskHelp>(OnAsk);
        Receive<Able>(able =>
        {
            if (able.Error is null)
                Help(able.Ask, able.Asker);
            else
                able.Asker.Tell(new NoHelp(able.Ask.Link, able.Error));
        });
    }

    /// <summary>Its name below <c>/user</c>.</summary>
    public static string NameOf(string chain) => $"gradients-{chain}";

    public static Props Props(string chain, ModelLayout layout, Props trainer) => Akka.Actor.Props.Create(() => new HelperDesk(chain, layout, trainer));

    private void OnAsk(AskHelp ask)
    {
        var asker = Sender;
        if (ask.Version != GradientWire.Version)
        {
            asker.Tell(new NoHelp(ask.Link, $"it speaks version {GradientWire.Version} of steps, not {ask.Version}; nodes of one site run the same build"));
        }
        else if (ask.Layout != _layout.Digest)
        {
            asker.Tell(new NoHelp(ask.Link, "its network has another layout; nodes of one site have the same chains and run the same build"));
        }
        else
        {
            _trainer.Ask<GradientActor.Prepared>(GradientActor.Prepare.Instance, Loading)
                .PipeTo(Self, Self, prepared => new Able(ask, asker, prepared.Error), e => new Able(ask, asker, e.GetBaseException().Message));
        }
    }

    private void Help(AskHelp ask, IActorRef asker)
    {
        _log.Info("chain {0}: may compute parts of the steps of {1}", _chain, asker.Path.Address);
        var framing = new GradientFraming(GradientWire.MostBytes(_layout.Length));
        var trainer = _trainer;
        int parameters = _layout.Length;
        ask.Work.Source.WithAttributes(GradientFraming.Ahead).SelectMany(framing.Take).SelectAsync(1, ComputeAsync).SelectMany(GradientFraming.Pieces)
            .RunWith(StreamRefs.SourceRef<byte[]>(), _materializer)
            .PipeTo(asker, Self, parts => new Helping(ask.Link, parts), e => new NoHelp(ask.Link, e.GetBaseException().Message));

        async Task<byte[]> ComputeAsync(byte[] frame)
        {
            var (number, work) = GradientWire.DecodeWork(frame, parameters);
            return GradientWire.Encode(number, await trainer.Ask<GradientPart>(work, Computing).ConfigureAwait(false));
        }
    }

    private sealed record Able(AskHelp Ask, IActorRef Asker, string? Error);
}
