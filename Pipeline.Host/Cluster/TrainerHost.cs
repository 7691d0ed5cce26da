using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Rounds;
using static Pipeline.Host.Cluster.ClusterProtocol;

namespace Pipeline.Host.Cluster;

/// <summary>
/// Where a chain's training actor runs, once in a site: has it do what the node with the ledger asks for (see <see cref="TrainerLink"/>), one errand at a time,
/// and keeps the answer until the next.
/// </summary>
internal sealed class TrainerHost : ReceiveActor
{
    /// <summary>An answer that was not taken is offered again with the hail after so many.</summary>
    private const int Patience = 6;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IMaterializer _materializer = Context.Materializer();
    private readonly string _chain;
    private readonly ModelLayout _layout;
    private readonly IActorRef _trainer;
    private readonly Queue<(Guid Link, long Number)> _inWork = [];
    private (Guid Link, long Number) _last;
    private IActorRef _asker = ActorRefs.Nobody;
    private bool _known;
    private byte[]? _answer;
    private int _hails;

    /// <param name="trainer">The training actor.</param>
    /// <param name="helpers">Finds other training nodes that compute parts of the rounds; null for none.</param>
    public TrainerHost(string chain, ModelLayout layout, Props trainer, Props? helpers)
    {
        (_chain, _layout) = (chain, layout);
        _trainer = Context.ActorOf(trainer, "training");
        if (helpers is not null)
            Context.ActorOf(helpers, "helpers");
        Receive<Hail>(OnHail);
        Receive<Errand>(OnErrand);
        Receive<Arrived>(OnArrived);
        Receive<TrainingProtocol.IReply>(OnReply);
        Receive<Offered>(offered =>
        {
            if (offered.Errand == _last && _answer is not null)
                _asker.Tell(new Answer(_last.Link, _last.Number, _answer.Length, offered.Pieces));
        });
        Receive<Lost>(lost =>
        {
            _log.Warning("chain {0}: an errand did not arrive whole and is asked for again: {1}", _chain, lost.Reason);
            if (lost.Errand == _last)
                _known = false;
        });
        Receive<Status.Failure>(failed => _log.Debug("chain {0}: {1}", _chain, failed.Cause.GetBaseException().Message));
    }

    public static Props Props(string chain, ModelLayout layout, Props trainer, Props? helpers = null) =>
        Akka.Actor.Props.Create(() => new TrainerHost(chain, layout, trainer, helpers));

    protected override void PreStart() => _log.Info("chain {0}: training goes on at this node", _chain);

    private void OnHail(Hail hail)
    {
        bool known = hail.Errand == 0 || (_known && _last == (hail.Link, hail.Errand));
        Sender.Tell(new Here(hail.Link, hail.Errand, known));
        if (hail.Errand == 0 || !known || _answer is null)
            return;
        _asker = Sender;
        if (++_hails % Patience == 0)
            Offer();
    }

    private void OnErrand(Errand errand)
    {
        if (_known && _last == (errand.Link, errand.Number))
            return;
        (_last, _asker, _known, _answer) = ((errand.Link, errand.Number), Sender, true, null);
        var number = _last;
        Bulk.CollectAsync(errand.Pieces, errand.Length, TrainingWire.MostBytes(_layout), _materializer)
            .PipeTo(Self, Self, bytes => new Arrived(number, bytes), e => new Lost(number, e.GetBaseException().Message));
    }

    private void OnArrived(Arrived arrived)
    {
        if (arrived.Errand != _last || _inWork.Contains(arrived.Errand))
            return;
        TrainingProtocol.ICommand command;
        try
        {
            command = TrainingWire.DecodeCommand(arrived.Bytes, _layout);
        }
        catch (InvalidDataException e)
        {
            _log.Error("chain {0}: {1}; nodes of one site run the same build", _chain, e.Message);
            return;
        }

        _trainer.Tell(command);
        if (command is TrainingProtocol.IUnanswered)
        {
            _answer = [0];
            Offer();
        }
        else
        {
            _inWork.Enqueue(arrived.Errand);
        }
    }

    /// <summary>The training actor answers in the order in which it was asked; what an earlier link asked for is nobody's any more.</summary>
    private void OnReply(TrainingProtocol.IReply reply)
    {
        if (_inWork.Dequeue() != _last)
            return;
        _answer = TrainingWire.Encode(reply);
        Offer();
    }

    private void Offer()
    {
        _hails = 0;
        var errand = _last;
        Bulk.OfferAsync(_answer!, _materializer).PipeTo(Self, Self, pieces => new Offered(errand, pieces));
    }

    private sealed record Arrived((Guid Link, long Number) Errand, byte[] Bytes);

    private sealed record Lost((Guid Link, long Number) Errand, string Reason);

    private sealed record Offered((Guid Link, long Number) Errand, ISourceRef<byte[]> Pieces);
}
