using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Event;
using Grpc.Core;
using Grpc.Net.Client;
using Pipeline.Host.Configuration;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Gateway;

/// <summary>Links that this site dials: one loop a peer, for ever.</summary>
public sealed partial class Gateway
{
    private async Task DialAsync(GatewayPeer peer, CancellationToken stop)
    {
        var pause = new DialPause(_settings.Timeouts.DialAgain, _settings.Timeouts.LongestDialAgain, Random.Shared.NextDouble);
        string? told = null;
        try
        {
            while (true)
            {
                if (_links.Find(peer.Member) is { } link)
                {
                    await link.Ended.WaitAsync(stop).ConfigureAwait(false);
                    pause.Reset();
                    told = null;
                }
                else if (_bans.Find(peer.Member, _clock.GetUtcNow()) is { } ban)
                {
                    await Task.Delay(ban.Until - _clock.GetUtcNow() + pause.Next(), _clock, stop).ConfigureAwait(false);
                    continue;
                }
                else if (await DialOnceAsync(peer, stop).ConfigureAwait(false) is { } failure)
                {
                    // A peer that is away for a day is told of once.
                    _tell(new GatewayEvent(failure == told ? LogLevel.DebugLevel : LogLevel.WarningLevel, peer.Member, $"no link to {peer.Address}: {failure}"));
                    told = failure;
                }
                else
                {
                    pause.Reset();
                    told = null;
                }

                await Task.Delay(pause.Next(), _clock, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The site stops.
        }
    }

    /// <summary>Null when there was a link, which has ended; otherwise why there was none.</summary>
    private async Task<string?> DialOnceAsync(GatewayPeer peer, CancellationToken stop)
    {
        var seen = new TaskCompletionSource<Digest>(TaskCreationOptions.RunContinuationsAsynchronously);
        string? refusal = null;
        using var handler = Handler((certificate, _) =>
        {
            refusal = CertificateRules.Judge(certificate, _settings, _clock.GetUtcNow());
            if (refusal is null)
                seen.TrySetResult(GatewayCertificate.FingerprintOf(certificate!));
            return refusal is null;
        });
        using var channel = GrpcChannel.ForAddress($"https://{peer.Address}", new GrpcChannelOptions
        {
            HttpHandler = handler,
            MaxReceiveMessageSize = Frame.MaxBytes,
            MaxSendMessageSize = Frame.MaxBytes,
            MaxRetryAttempts = 1,
        });
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(FrameCodec.Link, null, new CallOptions());
        try
        {
            var headers = call.ResponseHeadersAsync;
            if (await Task.WhenAny(seen.Task, headers).WaitAsync(_settings.Timeouts.Connect, _clock, stop).ConfigureAwait(false) != seen.Task)
                await headers.ConfigureAwait(false);
            var theirs = await seen.Task.WaitAsync(_settings.Timeouts.Connect, _clock, stop).ConfigureAwait(false);
            await call.RequestStream.WriteAsync(new Frame.Greeting(Greet(theirs, _chains.Keys)), stop).ConfigureAwait(false);
            var (hello, fault) = await HelloAsync(call.ResponseStream, stop).ConfigureAwait(false);
            if (hello is null)
                return fault;
            var verdict = Judge(hello, theirs, peer.Member);
            if (verdict.Refusal is { } unwanted)
            {
                await call.RequestStream.WriteAsync(new Frame.Goodbye(unwanted), stop).ConfigureAwait(false);
                return unwanted;
            }

            var link = new PeerLink(hello.Member, hello.Instance, dialled: true, peer.Address!, verdict.Chains, _settings, _clock);
            await RunAsync(link, call.ResponseStream, call.RequestStream, CancellationToken.None).ConfigureAwait(false);
            return null;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.PermissionDenied)
        {
            return $"it refuses us: {e.Status.Detail}";
        }
        catch (Exception e) when (e is RpcException or IOException or HttpRequestException or TimeoutException or InvalidOperationException ||
            (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return refusal ?? Reason(e);
        }
    }

    private SocketsHttpHandler Handler(Func<X509Certificate2?, SslPolicyErrors, bool> accept) => new()
    {
        ConnectTimeout = _settings.Timeouts.Connect,
        EnableMultipleHttp2Connections = false,
        InitialHttp2StreamWindowSize = _settings.Limits.WindowBytes,
        KeepAlivePingDelay = _settings.Timeouts.KeepAliveInterval,
        KeepAlivePingTimeout = _settings.Timeouts.KeepAliveAnswer,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        UseProxy = _settings.Proxy is not null,
        Proxy = _settings.Proxy is { } proxy ? new WebProxy(proxy) : null,
        SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificates = [_certificate.Certificate],
            // Whatever issuers the peer would like to see: the member key vouches for the certificate.
            LocalCertificateSelectionCallback = (_, _, _, _, _) => _certificate.Certificate,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) => accept(certificate as X509Certificate2, errors),
        },
    };

    private static string Reason(Exception e) => e switch
    {
        TimeoutException => "it does not answer in time",
        RpcException rpc => (rpc.Status.DebugException ?? rpc).GetBaseException().Message,
        _ => e.GetBaseException().Message,
    };
}
