using System.Runtime.InteropServices;

namespace Pipeline.Host.Site;

/// <summary>SIGHUP, which would end the process (signal(7)): from now on it asks for something; asked before that can be done, it is done once it can.</summary>
internal sealed class HangUp : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PosixSignalRegistration _registration;
    private Action? _serve;
    private Task _running = Task.CompletedTask;
    private bool _asked;

    public HangUp() => _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
    {
        signal.Cancel = true;
        Ask();
    });

    /// <summary>What is asked for: run on another thread, once for each signal from now on, and once for all that came before.</summary>
    /// <returns>Ends it: what still runs is waited for, and later signals do nothing.</returns>
    public IDisposable Serve(Action what)
    {
        lock (_gate)
        {
            _serve = what;
            if (_asked)
                _running = Task.Run(what);
        }

        return new Service(this);
    }

    public void Dispose() => _registration.Dispose();

    /// <summary>As the signal does.</summary>
    internal void Ask()
    {
        lock (_gate)
        {
            if (_serve is not { } serve)
                _asked = true;
            else
                _running = _running.ContinueWith(_ => serve(), TaskScheduler.Default);
        }
    }

    private sealed class Service(HangUp owner) : IDisposable
    {
        public void Dispose()
        {
            Task running;
            lock (owner._gate)
                (owner._serve, running) = (static () => { }, owner._running);
            running.Wait();
        }
    }
}
