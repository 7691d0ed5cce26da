using Akka.Actor;
using Akka.Event;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Snapshots;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Tells one subscriber of blocks that have left memory: reads them from the journal and executes them once more, on an application of its own.
/// </summary>
internal sealed class BlockHistory : ReceiveActor
{
    private const int Blocks = 64;
    private const long Bytes = 8 << 20;

    private readonly IActorRef _archive;
    private readonly IActorRef _subscriber;
    private readonly Func<IChainApplication> _create;
    private readonly long _afterHeight;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IChainApplication _application;
    private Goal _goal;

    public BlockHistory(IActorRef archive, IActorRef subscriber, long afterHeight, Func<IChainApplication> create, Goal goal)
    {
        _archive = archive;
        _subscriber = subscriber;
        _afterHeight = afterHeight;
        _create = create;
        _application = create();
        _goal = goal;
        Receive<Goal>(next =>
        {
            _goal = next;
            Ask();
        });
        Receive<BlockArchive.Found>(OnFound);
        Receive<ReceiveTimeout>(_ => Ask());
        Context.Watch(subscriber);
        Receive<Terminated>(_ => Context.Stop(Self));
    }

    /// <summary>Tell up to a height; the parent is answered by <see cref="Reached"/> and may set the next.</summary>
    /// <param name="LastEntry">Of the journal.</param>
    public sealed record Goal(long Height, long LastEntry);

    public sealed record Reached(IActorRef Subscriber, long Height);

    protected override void PreStart()
    {
        // The archive drops questions when too many wait.
        SetReceiveTimeout(TimeSpan.FromSeconds(5));
        Ask();
    }

    private void Ask() => _archive.Tell(new BlockArchive.Read(_application.Height + 1, Blocks, Bytes, _goal.LastEntry, _subscriber));

    private void OnFound(BlockArchive.Found found)
    {
        if (found.Question.From != _application.Height + 1)
            return;
        if (found.Adopted is { } adopted && !TryAdopt(adopted))
            return;
        long before = _application.Height;
        foreach (var block in found.Blocks)
        {
            if (block.Height != _application.Height + 1)
                break;
            var outcome = _application.Apply(block.Block);
            if (block.Height > _afterHeight)
                _subscriber.Tell(new ChainProtocol.BlockApplied(block, outcome, _application.StateRoot));
        }

        if (_application.Height >= _goal.Height)
            Context.Parent.Tell(new Reached(_subscriber, _application.Height));
        else if (_application.Height > before || found.Adopted is not null)
            Ask();
    }

    private bool TryAdopt(BlockArchive.Adoption adopted)
    {
        var application = _create();
        var snapshot = Canonical.Decode<ChainSnapshot>(adopted.Content);
        if (application.Restore(snapshot.State, adopted.Next.Header) is { } fault)
        {
            _log.Error("The state that this journal holds of height {0} cannot be restored: {1}", snapshot.Height, fault);
            Context.Stop(Self);
            return false;
        }

        _application = application;
        if (application.Height > _afterHeight)
            _subscriber.Tell(new ChainProtocol.StateAt(application.Height, snapshot.State));
        return true;
    }
}
