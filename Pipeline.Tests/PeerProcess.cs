using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit.Abstractions;

namespace Pipeline.Tests;

/// <summary>A server of another make that a test talks to, on a free port of this machine.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private PeerProcess(Process process) => _process = process;

    /// <summary>Starts it; absent, a test says so and checks nothing.</summary>
    public static PeerProcess? Start(ITestOutputHelper output, string tool, params string[] arguments)
    {
        try
        {
            var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return new PeerProcess(process);
        }
        catch (Win32Exception)
        {
            output.WriteLine($"PEER MISSING: {tool} is not installed; this is NOT CHECKED.");
            return null;
        }
    }

    public static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
