using System.Collections.Concurrent;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Pipeline.Host.Configuration;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Status = Grpc.Core.Status;

namespace Pipeline.Host.Gateway;

/// <summary>
/// The network between institutions: one gRPC stream to each other member, over mutual TLS, dialled by either side. Links come and go by
/// themselves; senders never wait for them.
/// </summary>
public sealed partial class Gateway : IPeerNetwork, IAsyncDisposable
{
    private static readonly TimeSpan Housekeeping = TimeSpan.FromSeconds(1);

    private readonly string _member;
    private readonly GatewaySettings _settings;
    private readonly GatewayCertificate _certificate;
    private readonly Action<GatewayEvent> _tell;
    private readonly TimeProvider _clock;
    private readonly Digest _instance = new(RandomNumberGenerator.GetBytes(Digest.Size));
    private readonly PeerEndpoint _endpoint = new(MailboxLimits.Default);
    private readonly ConcurrentDictionary<Digest, GatewayChain> _chains = new();
    private readonly LinkTable _links;
    private readonly BanList _bans;
    private readonly HelloCheck _check;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();
    private WebApplication? _server;

    /// <param name="tell">Hears what an operator should be able to read; called from any thread.</param>
    public Gateway(string member, GatewaySettings settings, GatewayCertificate certificate, Action<GatewayEvent> tell, TimeProvider? clock = null)
    {
        _member = member;
        _settings = settings;
        _certificate = certificate;
        _tell = tell;
        _clock = clock ?? TimeProvider.System;
        _links = new LinkTable(member);
        _bans = new BanList(settings.Limits.Ban, settings.Limits.LongestBan);
        _check = new HelloCheck(member, new Ed25519Verifier());
    }

    /// <summary>Where peers dial us; 0 without a listener.</summary>
    public int Port { get; private set; }

    /// <summary>The links as they stand.</summary>
    public IReadOnlyList<LinkStatus> Links => [.. _links.All.Select(link => link.Status).OrderBy(status => status.Member, StringComparer.Ordinal)];

    /// <summary>Carries a chain from now on. Links that are up say so by beginning anew.</summary>
    public void Follow(GatewayChain chain)
    {
        _chains[chain.ChainId] = chain with
        {
            KeysOf = member => chain.KeysOf(member) is { Count: > 0 } known ? known
                : _settings.Peers.FirstOrDefault(p => p.Member == member)?.Key is { } configured ? [configured] : [],
        };
        foreach (var link in _links.All)
            link.Close($"chain '{chain.Name}' was added");
    }

    /// <summary>Listens, where that is configured, and dials.</summary>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public async Task StartAsync()
    {
        if (_settings.Listen is not null)
            (_server, Port) = await GatewayServer.StartAsync(this, _settings, _certificate, _tell, _clock, _stop.Token).ConfigureAwait(false);
        foreach (var peer in _settings.Peers.Where(p => p.Address is not null && p.Member != _member))
            Keep(Task.Run(() => DialAsync(peer, _stop.Token)));
        Keep(Task.Run(() => WatchAsync(_stop.Token)));
    }

    public void Register(Digest chainId, PeerLane lane, IActorRef receiver) => _endpoint.Register(chainId, lane, receiver);

    public void Unregister(Digest chainId, PeerLane lane, IActorRef receiver) => _endpoint.Unregister(chainId, lane, receiver);

    public void Send(string to, Digest chainId, PeerLane lane, byte[] bytes)
    {
        if (string.Equals(to, _member, StringComparison.Ordinal))
            throw new ArgumentException($"'{_member}' sends to itself", nameof(to));
        if (bytes.Length > Frame.MaxBytes - Frame.HeaderBytes)
            throw new ArgumentException($"a message of {bytes.Length} bytes; a link carries {Frame.MaxBytes - Frame.HeaderBytes}", nameof(bytes));
        _endpoint.CountSent(chainId, lane, bytes.Length);
        _links.Find(to)?.Send(chainId, lane, bytes);
    }

    public void Report(PeerMessage message, string fault) => _links.Find(message.From)?.CountInvalid(fault);

    public long BytesSent(Digest chainId, PeerLane lane) => _endpoint.BytesSent(chainId, lane);

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Keys).ConfigureAwait(false);
        await Task.WhenAll(_links.All.Select(link => link.Ended)).ConfigureAwait(false);
        if (_server is { } server)
        {
            await server.StopAsync().ConfigureAwait(false);
            await server.DisposeAsync().ConfigureAwait(false);
        }

        _certificate.Dispose();
    }

    /// <summary>A link that a peer dialled, until it ends.</summary>
    /// <exception cref="RpcException">It is refused; the status says why.</exception>
    internal async Task AcceptAsync(
        Digest theirs, string endpoint, IAsyncStreamReader<Frame> reader, IAsyncStreamWriter<Frame> writer, CancellationToken aborted)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(aborted, _stop.Token);
        var (hello, fault) = await HelloAsync(reader, stop.Token).ConfigureAwait(false);
        if (hello is null)
            throw Refusal(endpoint, fault!);
        var verdict = Judge(hello, theirs, null);
        if (verdict.Refusal is { } refusal)
            throw Refusal(endpoint, refusal);
        var link = new PeerLink(hello.Member, hello.Instance, dialled: false, endpoint, verdict.Chains, _settings, _clock);
        await writer.WriteAsync(new Frame.Greeting(Greet(theirs, verdict.Chains.Keys)), stop.Token).ConfigureAwait(false);
        await RunAsync(link, reader, writer, aborted).ConfigureAwait(false);
    }

    private Hello Greet(Digest theirs, IEnumerable<Digest> chains) => Hello.Create(
        _member, _instance, _certificate.Fingerprint, theirs, chains.Select(id => _chains.GetValueOrDefault(id)).OfType<GatewayChain>());

    private HelloCheck.Verdict Judge(Hello hello, Digest theirs, string? expected)
    {
        var verdict = _check.Judge(hello, theirs, _certificate.Fingerprint, _chains, expected);
        if (verdict.Refusal is not null)
            return verdict;
        if (_settings.Peers.FirstOrDefault(p => p.Member == hello.Member)?.Certificate is { } pinned && pinned != theirs)
            return verdict with { Refusal = $"'{hello.Member}' shows certificate {theirs.Short}… where pipeline.gateway.peers pins {pinned.Short}…" };
        return _bans.Find(hello.Member, _clock.GetUtcNow()) is { } ban
            ? verdict with { Refusal = $"'{hello.Member}' is banned until {ban.Until:u}: {ban.Reason}" }
            : verdict;
    }

    private RpcException Refusal(string endpoint, string reason)
    {
        _tell(new GatewayEvent(LogLevel.WarningLevel, endpoint, $"refused: {reason}"));
        return new RpcException(new Status(StatusCode.PermissionDenied, reason));
    }

    /// <summary>The peer's first frame, or why there is none. A refusal by the peer is thrown.</summary>
    private async Task<(Hello? Hello, string? Fault)> HelloAsync(IAsyncStreamReader<Frame> reader, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(_settings.Timeouts.Hello);
        try
        {
            if (!await reader.MoveNext(patience.Token).ConfigureAwait(false))
                return (null, "it ended the call without a hello");
            return reader.Current switch
            {
                Frame.Greeting greeting => (greeting.Hello, null),
                Frame.Malformed malformed => (null, $"no hello but {malformed.Size} bytes: {malformed.Fault}"),
                var frame => (null, $"a {frame.GetType().Name.ToLowerInvariant()} before its hello"),
            };
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return (null, $"no hello within {_settings.Timeouts.Hello.TotalSeconds:0} s");
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            return (null, $"a frame larger than the {Frame.MaxBytes} bytes that one may have");
        }
    }

    private async Task<PeerLink.End> RunAsync(PeerLink link, IAsyncStreamReader<Frame> reader, IAsyncStreamWriter<Frame> writer, CancellationToken aborted)
    {
        if (!_links.TryAdd(link, out var displaced))
        {
            link.Close("there is a link already");
            displaced = null;
        }
        else
        {
            _tell(new GatewayEvent(
                LogLevel.InfoLevel, link.Member, $"linked {(link.Dialled ? "to" : "from")} {link.Endpoint}, chains {Names(link)}"));
        }

        displaced?.Close("a newer link took its place");
        try
        {
            var end = await link.RunAsync(reader, writer, Deliver, aborted, _stop.Token).ConfigureAwait(false);
            if (end.IsBan)
            {
                var ban = _bans.Add(link.Member, end.Reason, _clock.GetUtcNow());
                _tell(new GatewayEvent(LogLevel.ErrorLevel, link.Member, $"disconnected and banned for {ban.Length.TotalSeconds:0} s: {ban.Reason}"));
            }
            else
            {
                _tell(new GatewayEvent(LogLevel.InfoLevel, link.Member, $"link ended: {end.Reason}"));
            }

            return end;
        }
        finally
        {
            _links.Remove(link);
            link.CompleteEnd();
        }
    }

    private bool Deliver(PeerLink link, Frame.Message message) =>
        _endpoint.Deliver(new PeerMessage(message.ChainId, link.Member, message.Lane, message.Bytes)) != PeerDelivery.Full;

    private string Names(PeerLink link) => string.Join(", ", link.Chains.Keys.Select(NameOf).Order(StringComparer.Ordinal));

    private string NameOf(Digest chain) => _chains.GetValueOrDefault(chain)?.Name ?? chain.Short;

    /// <summary>A member that left a chain, or changed its key, has to prove itself again.</summary>
    private async Task WatchAsync(CancellationToken stop)
    {
        using var tick = new PeriodicTimer(Housekeeping, _clock);
        var lastStatus = _clock.GetUtcNow();
        try
        {
            while (await tick.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                foreach (var link in _links.All)
                {
                    foreach (var (chain, key) in link.Chains)
                    {
                        if (_chains.GetValueOrDefault(chain)?.KeysOf(link.Member).Contains(key) is not true)
                            link.Close($"'{link.Member}' is no member of chain '{NameOf(chain)}' any more, or has another key");
                    }
                }

                if (_clock.GetUtcNow() - lastStatus < _settings.Timeouts.Status)
                    continue;
                lastStatus = _clock.GetUtcNow();
                foreach (var status in Links)
                    _tell(new GatewayEvent(LogLevel.InfoLevel, status.Member, $"status: {status}"));
            }
        }
        catch (OperationCanceledException)
        {
            // The site stops.
        }
    }

    private void Keep(Task task)
    {
        _running[task] = true;
        task.ContinueWith(done => _running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
