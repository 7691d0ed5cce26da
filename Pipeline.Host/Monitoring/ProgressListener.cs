using Akka.Actor;
using Pipeline.Host.Site;

namespace Pipeline.Host.Monitoring;

/// <summary>Hands what the learners publish on the event stream to the history.</summary>
internal sealed class ProgressListener : ReceiveActor
{
    public ProgressListener(RoundHistory history)
    {
        Receive<LearnerProtocol.IProgress>(history.On);
        Context.System.EventStream.Subscribe(Self, typeof(LearnerProtocol.IProgress));
    }

    public static Props Props(RoundHistory history) => Akka.Actor.Props.Create(() => new ProgressListener(history));
}
