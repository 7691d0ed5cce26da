using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace Pipeline.Actors.Dicom.Network;

/// <summary>The SCP: listens, and runs one stream per association from the connection to <see cref="IInstanceSink"/> and back.</summary>
public sealed class DicomServer
{
    private const int Backlog = 512;

    private readonly IMaterializer _materializer;
    private readonly Task _terminated;
    private readonly ILoggingAdapter _log;
    private readonly AssociationHost _host;
    private readonly CommitmentReporter _reporter;
    private readonly WaitingConnections _waiting;
    private readonly SharedKillSwitch _streams = KillSwitches.Shared("dicom-associations");
    private readonly ConcurrentDictionary<DicomConnection, Task> _open = new();
    private readonly IReadOnlyList<(Socket Socket, DicomTls? Tls)> _listeners;
    private readonly Task _accepting;
    private volatile DicomServerSettings _settings;
    private int _stopping;

    private DicomServer(ActorSystem system, DicomServerSettings settings, IInstanceSink sink, IReadOnlyList<(Socket Socket, DicomTls? Tls)> listeners)
    {
        (_settings, _listeners) = (settings, listeners);
        _materializer = system.Materializer();
        _terminated = system.WhenTerminated;
        _log = Logging.GetLogger(system, typeof(DicomServer));
        _waiting = new WaitingConnections(settings.MaxWaitingConnections);
        _reporter = new CommitmentReporter(settings.Commitment, _log);
        var slots = new AssociationSlots(settings.MaxAssociations);
        _host = new AssociationHost(() => _settings, sink, slots, _waiting.Remove, _reporter.Send);
        Port = PortOf(secure: false);
        TlsPort = PortOf(secure: true);
        _accepting = Task.WhenAll(listeners.Select(listener => AcceptAsync(listener.Socket, listener.Tls)));
    }

    /// <summary>The port without TLS; 0 where there is none.</summary>
    public int Port { get; }

    /// <summary>The port with TLS; 0 where there is none.</summary>
    public int TlsPort { get; }

    /// <summary>Transport connections open now.</summary>
    public int Connections => _open.Count;

    /// <summary>Associations that hold a place now.</summary>
    public int Associations => _host.Slots.Taken;

    /// <summary>Both, and associations admitted and turned away for want of a place so far.</summary>
    public (int Connections, int Associations, long Admitted, long Refused) Load => (Connections, Associations, _host.Slots.Admitted, _host.Slots.Refused);

    /// <summary>Binds and begins to accept. A port that is taken or not allowed, or a certificate that cannot be used, is a fault.</summary>
    public static Outcome<DicomServer> Start(ActorSystem system, DicomServerSettings settings, IInstanceSink sink)
    {
        var listeners = new List<(Socket, DicomTls?)>();
        Fault? fault = settings.Port is { } plain ? Listen(settings.Address, plain, "pipeline.dicom.port", null, listeners) : null;
        if (fault is null && settings.Tls is { } tls)
        {
            Outcome<DicomTls> identity = DicomTls.Load(tls.Files);
            fault = identity.Ok ? Listen(settings.Address, tls.Port, "pipeline.dicom.tls.port", identity.Value, listeners) : identity.Fault;
        }
        if (fault is null)
            return new DicomServer(system, settings, sink, listeners);
        listeners.ForEach(listener => listener.Item1.Dispose());
        return fault;
    }

    /// <summary>
    /// Limits, rules, peers and time-outs for connections from now on; an association that stands keeps its own until it ends. Address, ports, certificates
    /// and transfer syntaxes stay as they are.
    /// </summary>
    public void Apply(DicomServerSettings wanted)
    {
        DicomServerSettings began = _settings;
        _settings = wanted with { Address = began.Address, Port = began.Port, Tls = began.Tls, TransferSyntaxes = began.TransferSyntaxes };
        _host.Slots.Resize(wanted.MaxAssociations);
        _reporter.Apply(wanted.Commitment);
        foreach (DicomConnection connection in _waiting.Resize(wanted.MaxWaitingConnections))
            connection.Dispose();
    }

    /// <summary>Accepts no more, lets open associations end until <paramref name="grace"/> has passed, then closes them.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        await CeaseAsync().ConfigureAwait(false);
        Task all = Task.WhenAll(_open.Values);
        if (await Task.WhenAny(all, Task.Delay(grace)).ConfigureAwait(false) != all)
        {
            _streams.Shutdown();
            foreach (DicomConnection connection in _open.Keys)
                connection.Dispose();
            await Task.WhenAll(_open.Values).ConfigureAwait(false);
        }
    }

    /// <summary>Resets every connection at once, as the end of the process would.</summary>
    public async Task KillAsync()
    {
        Task ceased = CeaseAsync();
        foreach (DicomConnection connection in _open.Keys)
            connection.Reset();
        _streams.Shutdown();
        await ceased.ConfigureAwait(false);
        foreach (DicomConnection connection in _open.Keys)
            connection.Reset();
        await Task.WhenAll(_open.Values).ConfigureAwait(false);
    }

    private static Fault? Listen(IPAddress address, int port, string key, DicomTls? tls, List<(Socket, DicomTls?)> into)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(address, port));
            listener.Listen(Backlog);
            into.Add((listener, tls));
            return null;
        }
        catch (SocketException error)
        {
            listener.Dispose();
            string endpoint = $"{address}:{port}";
            return new Fault(error.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"DICOM port {endpoint} is in use by another process. Stop it, or set {key} to a free port.",
                SocketError.AccessDenied => $"DICOM port {endpoint} needs privileges this process lacks. Set {key} to one above 1023, for instance 11112.",
                _ => $"DICOM port {endpoint} cannot be bound: {error.SocketErrorCode}. Check {key} and the address.",
            });
        }
    }

    private int PortOf(bool secure) => _listeners
        .Where(listener => listener.Tls is not null == secure).Select(listener => ((IPEndPoint)listener.Socket.LocalEndPoint!).Port).FirstOrDefault();

    private Task CeaseAsync()
    {
        if (Interlocked.Exchange(ref _stopping, 1) == 0)
        {
            foreach ((Socket socket, _) in _listeners)
                socket.Dispose();
            _reporter.Stop();
        }
        return _accepting;
    }

    private async Task AcceptAsync(Socket listener, DicomTls? tls)
    {
        while (Volatile.Read(ref _stopping) == 0)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync().ConfigureAwait(false);
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
            if (Volatile.Read(ref _stopping) != 0)
                socket.Dispose();
            else
                Run(socket, tls);
        }
    }

    private void Run(Socket socket, DicomTls? tls)
    {
        DicomConnection connection;
        try
        {
            connection = DicomConnection.Accepted(socket, tls);
        }
        catch (Exception gone) when (DicomConnection.IsLost(gone))
        {
            socket.Dispose();
            return;
        }
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[connection] = ended.Task;
        if (_waiting.Add(connection) is { } oldest)
        {
            _log.Warning("{0}: closed, as {1} connections ask for no association and it has waited longest (pipeline.dicom.max-waiting-connections).",
                oldest.Name, _settings.MaxWaitingConnections);
            oldest.Dispose();
        }
        _ = RunAsync(connection, tls, ended);
    }

    private async Task RunAsync(DicomConnection connection, DicomTls? tls, TaskCompletionSource ended)
    {
        Fault? fault;
        DicomServerSettings settings = _settings;
        using (var limit = new CancellationTokenSource(settings.Artim))
            fault = await connection.SecureAsync(tls, limit.Token).ConfigureAwait(false);
        if (fault is not null)
            _log.Info("{0}: {1}", connection.Name, fault.Message);
        else
        {
            Task<Done> done = Source.FromGraph(new ConnectionSource(connection))
                .Via(_streams.Flow<ReadOnlyMemory<byte>>())
                .Via(new PduFraming(settings.MaxPduLength))
                .Via(new AssociationStage(_host, connection))
                .RunWith(Sink.FromGraph(new ConnectionSink(connection)), _materializer);
            // A stream that loses its actors never says that it has ended.
            await await Task.WhenAny(done, _terminated).ConfigureAwait(false);
        }
        _waiting.Remove(connection);
        connection.Close();
        _open.TryRemove(connection, out _);
        ended.SetResult();
    }
}
