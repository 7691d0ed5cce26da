using Akka;
using Akka.Actor;
using Akka.Event;
using Pipeline.Actors.Ingest;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training.Sharing;

/// <summary>
/// A <see cref="PartTrainer"/> on a thread of its own, as torch work is in this program. libtorch is loaded by the first <see cref="Prepare"/>. Each message is
/// answered exactly once, in order.
/// </summary>
public sealed class GradientActor : ReceiveActor
{
    /// <summary>Images in memory are given up when nothing was asked for so long.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TaskDescriptor _task;
    private readonly ISampleStore _samples;
    private readonly TorchRuntime _runtime;
    private readonly string _device;
    private readonly CancellationToken _stop;
    private PartTrainer? _trainer;
    private string? _error;

    /// <param name="device"><c>auto</c>, <c>cpu</c> or <c>cuda:N</c>.</param>
    public GradientActor(string chain, TaskDescriptor task, ISampleStore samples, TorchRuntime runtime, string device)
    {
        (_task, _samples, _runtime, _device) = (task, samples, runtime, device);
        var stop = new CancellationTokenSource();
        _stop = stop.Token;
        CoordinatedShutdown.Get(Context.System).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, $"end-gradients-{chain}", () =>
        {
            stop.Cancel();
            return Task.FromResult(Done.Instance);
        });
        Receive<Prepare>(_ => Sender.Tell(new Prepared(Load() is null ? _error : null)));
        Receive<GradientWork>(work => Sender.Tell(Compute(work)));
        Receive<ReceiveTimeout>(_ => _trainer?.Forget());
        SetReceiveTimeout(Idle);
    }

    /// <summary>Asks whether this node can compute. Answered by <see cref="Prepared"/>.</summary>
    public sealed record Prepare
    {
        public static Prepare Instance { get; } = new();
    }

    /// <param name="Error">Null, or what is missing and how to mend it.</param>
    public sealed record Prepared(string? Error);

    public static Props Props(string chain, TaskDescriptor task, ISampleStore samples, TorchRuntime runtime, string device) =>
        Akka.Actor.Props.Create(() => new GradientActor(chain, task, samples, runtime, device)).WithDispatcher(TrainingActor.Dispatcher);

    private GradientPart Compute(GradientWork work)
    {
        if (Load() is not { } trainer)
            return GradientPart.Failed(_error!);
        try
        {
            return trainer.Compute(work);
        }
        catch (OperationCanceledException)
        {
            return GradientPart.Failed("it stops");
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ArgumentException or OutOfMemoryException or System.Runtime.InteropServices.ExternalException)
        {
            _log.Error(e, "a part of a step failed");
            return GradientPart.Failed(e.Message);
        }
    }

    private PartTrainer? Load()
    {
        if (_trainer is not null)
            return _trainer;
        if (_runtime.Resolve(_device, out _error) is not { } device)
            return null;
        _runtime.EnterTrainingThread();
        return _trainer = new PartTrainer(ArchitectureCatalog.Create(_task.Architecture), _task, _samples, device, _stop);
    }
}
