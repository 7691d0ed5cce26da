using System.Net;
using System.Net.Sockets;

namespace Pipeline.Host.Drills;

/// <summary>A TCP relay on loopback for each ordered pair of sites; a cut one holds back what it has and closes nothing.</summary>
internal sealed class RelayNetwork : IDrillNetwork
{
    private readonly Dictionary<string, int> _ports;
    private readonly Dictionary<(string From, string To), Relay> _relays = [];

    public RelayNetwork(IReadOnlyList<string> sites)
    {
        _ports = sites.ToDictionary(site => site, _ => FreePort());
        foreach (string from in sites)
        {
            foreach (string to in sites.Where(to => to != from))
                _relays[(from, to)] = new Relay(_ports[to]);
        }
    }

    public string ListenOf(string site) => $"127.0.0.1:{_ports[site]}";

    public string AddressOf(string from, string to) => $"127.0.0.1:{_relays[(from, to)].Port}";

    public (string File, IReadOnlyList<string> Arguments) Place(string site, string file, IReadOnlyList<string> arguments) => (file, arguments);

    public Task CutAsync(string site) => SetAsync(site, open: false);

    public Task MendAsync(string site) => SetAsync(site, open: true);

    public async ValueTask DisposeAsync()
    {
        foreach (var relay in _relays.Values)
            await relay.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>One that nobody has now. Somebody may take it before its site does; then the site says so and ends.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task SetAsync(string site, bool open)
    {
        foreach (var (pair, relay) in _relays)
        {
            if (pair.From == site || pair.To == site)
                relay.Set(open);
        }

        return Task.CompletedTask;
    }

    private sealed class Relay : IAsyncDisposable
    {
        private const int BufferSize = 64 * 1024;

        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly int _target;
        private readonly Task _accepting;
        private volatile TaskCompletionSource _open = new();

        public Relay(int target)
        {
            _target = target;
            _open.SetResult();
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _accepting = AcceptAsync();
        }

        public int Port { get; }

        public void Set(bool open)
        {
            if (open)
                _open.TrySetResult();
            else if (_open.Task.IsCompleted)
                _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            _listener.Dispose();
            await _accepting.ConfigureAwait(false);
            _stop.Dispose();
        }

        private async Task AcceptAsync()
        {
            var carrying = new List<Task>();
            try
            {
                while (true)
                {
                    carrying.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token).ConfigureAwait(false)));
                    carrying.RemoveAll(task => task.IsCompleted);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                await Task.WhenAll(carrying).ConfigureAwait(false);
            }
        }

        private async Task CarryAsync(TcpClient near)
        {
            using (near)
            using (var far = new TcpClient())
            using (var both = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token))
            {
                try
                {
                    await _open.Task.WaitAsync(_stop.Token).ConfigureAwait(false);
                    await far.ConnectAsync(IPAddress.Loopback, _target, _stop.Token).ConfigureAwait(false);
                    await Task.WhenAny(PumpAsync(near, far, both.Token), PumpAsync(far, near, both.Token)).ConfigureAwait(false);
                }
                catch (Exception e) when (e is OperationCanceledException or SocketException)
                {
                    // One end is not there, or the drill is over.
                }

                await both.CancelAsync().ConfigureAwait(false);
            }
        }

        private async Task PumpAsync(TcpClient from, TcpClient to, CancellationToken stop)
        {
            byte[] buffer = new byte[BufferSize];
            try
            {
                while (await from.GetStream().ReadAsync(buffer, stop).ConfigureAwait(false) is var count and > 0)
                {
                    await _open.Task.WaitAsync(stop).ConfigureAwait(false);
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, count), stop).ConfigureAwait(false);
                }

                // An end is not carried over a cut link either.
                await _open.Task.WaitAsync(stop).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                // The other direction ends with it.
            }
        }
    }
}
