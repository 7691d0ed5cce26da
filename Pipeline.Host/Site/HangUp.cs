using System.Runtime.InteropServices;

namespace Pipeline.Host.Site;

/// <summary>SIGHUP, which would end the process (signal(7)): from now on it asks for something; asked before that can be done, it is done once it can.</summary>
internal sealed class HangUp : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PosixSignalRegistration _registration;
    private Action? _serve;
    private bool _asked;

    public HangUp() => _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
    {
        signal.Cancel = true;
        Ask();
    });

    /// <summary>What is asked for: run on another thread, once for each signal from now on, and once for all that came before.</summary>
    public void Serve(Action what)
    {
        lock (_gate)
        {
            _serve = what;
            if (_asked)
                Task.Run(what);
        }
    }

    public void Dispose() => _registration.Dispose();

    /// <summary>As the signal does.</summary>
    internal void Ask()
    {
        lock (_gate)
        {
            if (_serve is null)
                _asked = true;
            else
                Task.Run(_serve);
        }
    }
}
