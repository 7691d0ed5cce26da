using Akka.Actor;
using Akka.Event;
using Pipeline.Host.Site;

namespace Pipeline.Host.Demo;

/// <summary>Carries one site's progress messages to the board, and its log: a line printed beside the live table would tear it.</summary>
public sealed class DemoWatcher : ReceiveActor
{
    private static readonly Type[] Watched = [typeof(LearnerProtocol.IProgress), typeof(Warning), typeof(Error)];

    public DemoWatcher(string site, DemoBoard board)
    {
        Receive<LearnerProtocol.IProgress>(board.On);
        Receive<LogEvent>(e => board.Note($"{site}: {e.Message}"));
    }

    public static Props Props(string site, DemoBoard board) => Akka.Actor.Props.Create(() => new DemoWatcher(site, board));

    protected override void PreStart()
    {
        foreach (var type in Watched)
            Context.System.EventStream.Subscribe(Self, type);
    }
}
