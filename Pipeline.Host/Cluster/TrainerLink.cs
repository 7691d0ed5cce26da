using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Rounds;
using static Pipeline.Host.Cluster.ClusterProtocol;

namespace Pipeline.Host.Cluster;

/// <summary>
/// Stands on the node that holds the ledger for the training actor of a chain, wherever that runs: takes its protocol's commands, has one after the other done
/// there, and gives the replies to whoever asked. A message, a stream or a training node that is lost costs a repetition: the same round asked again
/// is answered with the same payload.
/// </summary>
internal sealed class TrainerLink : ReceiveActor, IWithTimers
{
    /// <summary>Commands that wait; a round that has begun since makes older ones of its kind pointless, so that they are few.</summary>
    private const int MostWaiting = 64;

    private static readonly TimeSpan HailAgain = TimeSpan.FromMilliseconds(500);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IMaterializer _materializer = Context.Materializer();
    private readonly string _chain;
    private readonly ModelLayout _layout;
    private readonly IActorRef _host;
    private readonly Guid _link = Guid.NewGuid();
    private readonly LinkedList<(TrainingProtocol.ICommand Command, IActorRef Asker)> _waiting = [];
    private (TrainingProtocol.ICommand Command, IActorRef Asker)? _current;
    private byte[] _bytes = [];
    private long _number;
    private bool _sending;
    private bool _collecting;

    /// <param name="host">Leads to the chain's <see cref="TrainerHost"/>, wherever it is.</param>
    public TrainerLink(string chain, ModelLayout layout, IActorRef host)
    {
        (_chain, _layout, _host) = (chain, layout, host);
        Receive<TrainingProtocol.ICommand>(Add);
        Receive<Hailing>(_ => _host.Tell(new Hail(_link, _current is null ? 0 : _number)));
        Receive<Here>(here =>
        {
            if (here.Link == _link && here.Errand == _number && !here.Known && _current is not null)
                Send();
        });
        Receive<Offered>(offered =>
        {
            _sending = false;
            if (offered.Number == _number && _current is not null)
                _host.Tell(new Errand(_link, _number, _bytes.Length, offered.Pieces));
        });
        Receive<Answer>(Collect);
        Receive<Collected>(OnCollected);
        Receive<Status.Failure>(failed =>
        {
            // The next hail finds out what is missing.
            (_sending, _collecting) = (false, false);
            _log.Debug("chain {0}: {1}", _chain, failed.Cause.GetBaseException().Message);
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(string chain, ModelLayout layout, IActorRef host) => Akka.Actor.Props.Create(() => new TrainerLink(chain, layout, host));

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Hailing), Hailing.Instance, HailAgain);

    private void Add(TrainingProtocol.ICommand command)
    {
        if (command is TrainingProtocol.TrainRound)
        {
            for (var node = _waiting.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.Command is TrainingProtocol.TrainRound)
                    _waiting.Remove(node);
                node = next;
            }
        }

        // Asked again while it is in work: the one answer serves both.
        if (_current?.Command is { } current && current.Equals(command))
            return;
        if (_waiting.Count == MostWaiting)
            _waiting.RemoveFirst();
        _waiting.AddLast((command, Sender));
        Next();
    }

    private void Next()
    {
        if (_current is not null || _waiting.First is not { Value: var next })
            return;
        _waiting.RemoveFirst();
        _current = next;
        _number++;
        _bytes = TrainingWire.Encode(next.Command);
        Send();
    }

    private void Send()
    {
        if (_sending)
            return;
        _sending = true;
        long number = _number;
        Bulk.OfferAsync(_bytes, _materializer).PipeTo(Self, Self, pieces => new Offered(number, pieces));
    }

    private void Collect(Answer answer)
    {
        if (answer.Link != _link || answer.Number != _number || _current is null || _collecting)
            return;
        _collecting = true;
        long number = _number;
        Bulk.CollectAsync(answer.Pieces, answer.Length, TrainingWire.MostBytes(_layout), _materializer)
            .PipeTo(Self, Self, bytes => new Collected(number, bytes));
    }

    private void OnCollected(Collected collected)
    {
        _collecting = false;
        if (collected.Number != _number || _current is not { } current)
            return;
        if (current.Command is TrainingProtocol.IUnanswered)
        {
            Finish(null, current.Asker);
            return;
        }

        try
        {
            Finish(TrainingWire.DecodeReply(collected.Bytes, current.Command), current.Asker);
        }
        catch (InvalidDataException e)
        {
            Finish(new TrainingProtocol.TrainingFailed(current.Command, $"{_chain}: {e.Message}"), current.Asker);
        }
    }

    private void Finish(TrainingProtocol.IReply? reply, IActorRef asker)
    {
        (_current, _bytes) = (null, []);
        if (reply is not null)
            asker.Tell(reply);
        Next();
    }

    private sealed record Offered(long Number, ISourceRef<byte[]> Pieces);

    private sealed record Collected(long Number, byte[] Bytes);

    private sealed record Hailing
    {
        public static Hailing Instance { get; } = new();
    }
}
