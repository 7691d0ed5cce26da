using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>The storage SCP: listens, and runs one stream per association from socket to <see cref="IInstanceSink"/> and back.</summary>
public sealed class DicomServer
{
    /// <summary>Sockets beyond the association limit that are kept open just to be told so.</summary>
    private const int RejectionRoom = 16;

    private readonly DicomServerSettings _settings;
    private readonly IInstanceSink _sink;
    private readonly IMaterializer _materializer;
    private readonly ILoggingAdapter _log;
    private readonly Socket _listener;
    private readonly SharedKillSwitch _streams = KillSwitches.Shared("dicom-associations");
    private readonly ConcurrentDictionary<Socket, Task> _open = new();
    private readonly Task _accepting;
    private int _stopping;

    private DicomServer(ActorSystem system, DicomServerSettings settings, IInstanceSink sink, Socket listener)
    {
        (_settings, _sink, _listener) = (settings, sink, listener);
        _materializer = system.Materializer();
        _log = Logging.GetLogger(system, typeof(DicomServer));
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>The port bound to.</summary>
    public int Port { get; }

    /// <summary>Transport connections open now.</summary>
    public int Connections => _open.Count;

    /// <summary>Binds and begins to accept. A port that is taken or not allowed is a fault.</summary>
    public static Outcome<DicomServer> Start(ActorSystem system, DicomServerSettings settings, IInstanceSink sink)
    {
        var listener = new Socket(settings.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(settings.Address, settings.Port));
            listener.Listen(128);
        }
        catch (SocketException error)
        {
            listener.Dispose();
            string endpoint = $"{settings.Address}:{settings.Port}";
            return new Fault(error.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    $"DICOM port {endpoint} is in use by another process. Stop it, or set pipeline.dicom.port to a free port.",
                SocketError.AccessDenied =>
                    $"DICOM port {endpoint} needs privileges this process lacks. Set pipeline.dicom.port to one above 1023, for instance 11112.",
                _ => $"DICOM port {endpoint} cannot be bound: {error.SocketErrorCode}. Check pipeline.dicom.port and the address.",
            });
        }
        return new DicomServer(system, settings, sink, listener);
    }

    /// <summary>Accepts no more, lets open associations end until <paramref name="grace"/> has passed, then closes them.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        if (Interlocked.Exchange(ref _stopping, 1) == 0)
            _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        Task all = Task.WhenAll(_open.Values);
        if (await Task.WhenAny(all, Task.Delay(grace)).ConfigureAwait(false) != all)
        {
            _streams.Shutdown();
            foreach (Socket socket in _open.Keys)
                socket.Dispose();
            await Task.WhenAll(_open.Values).ConfigureAwait(false);
        }
    }

    /// <summary>Resets every connection at once, as the end of the process would.</summary>
    public async Task KillAsync()
    {
        if (Interlocked.Exchange(ref _stopping, 1) == 0)
            _listener.Dispose();
        foreach (Socket socket in _open.Keys)
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // Closed already.
            }
            socket.Dispose();
        }
        _streams.Shutdown();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_open.Values).ConfigureAwait(false);
    }

    private async Task AcceptAsync()
    {
        while (Volatile.Read(ref _stopping) == 0)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                if (Volatile.Read(ref _stopping) != 0)
                    return;
                // One connection lost between SYN and accept, or descriptors exhausted for a moment: neither ends the service.
                _log.Warning("Accepting a DICOM connection failed: {0}", gone.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false);
                continue;
            }
            if (_open.Count >= _settings.MaxAssociations + RejectionRoom || Volatile.Read(ref _stopping) != 0)
                socket.Dispose();
            else
                Run(socket);
        }
    }

    private void Run(Socket socket)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[socket] = ended.Task;
        try
        {
            SocketOptions.Prepare(socket);
            string name = socket.RemoteEndPoint?.ToString() ?? "unknown";
            Task<Done> done = Source.FromGraph(new SocketSource(socket))
                .Via(_streams.Flow<ReadOnlyMemory<byte>>())
                .Via(new PduFraming(_settings.MaxPduLength))
                .Via(new AssociationStage(_settings, _sink, () => _open.Count <= _settings.MaxAssociations, name))
                .RunWith(Sink.FromGraph(new SocketSink(socket)), _materializer);
            _ = CloseAfter(done, socket, ended);
        }
        catch (SocketException)
        {
            Close(socket, ended);
        }
    }

    private async Task CloseAfter(Task<Done> done, Socket socket, TaskCompletionSource ended)
    {
        await done.ConfigureAwait(false);
        Close(socket, ended);
    }

    private void Close(Socket socket, TaskCompletionSource ended)
    {
        try
        {
            if (socket.Connected)
                socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
        socket.Dispose();
        _open.TryRemove(socket, out _);
        ended.SetResult();
    }
}
