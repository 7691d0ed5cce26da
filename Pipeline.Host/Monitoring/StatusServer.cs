using System.Net.Mime;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Pipeline.Host.Configuration;
using Pipeline.Host.Control;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Monitoring;

/// <summary>The port for operators and their tools: Kestrel, GET, POST for operators where that is on, tokens for everything but health, nothing that it loads from elsewhere.</summary>
internal sealed class StatusServer : IAsyncDisposable
{
    private const int MaxConnections = 64;
    private const int MaxSeriesOfMetric = 5000;
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(3), HeaderPatience = TimeSpan.FromSeconds(10);

    private readonly WebApplication _server;
    private readonly SiteMetrics _metrics;
    private readonly MeterProvider _provider;
    private readonly TracerProvider? _traces;
    private readonly StatusGuard _guard;

    private StatusServer(WebApplication server, SiteMetrics metrics, MeterProvider provider, TracerProvider? traces, StatusGuard guard) =>
        (_server, _metrics, _provider, _traces, _guard) = (server, metrics, provider, traces, guard);

    /// <summary>As people and tools reach it.</summary>
    public Uri Address => new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <param name="certificate">Null speaks plain HTTP.</param>
    /// <param name="latest">The last look at the site.</param>
    /// <param name="operators">The token that operators show and who does what they ask; null where nothing can be changed here.</param>
    /// <exception cref="IOException">The address cannot be listened on.</exception>
    public static async Task<StatusServer> StartAsync(
        StatusSettings settings, X509Certificate2? certificate, StatusToken token, Func<SiteStatus> latest, (StatusToken Token, OperatorDesk Desk)? operators,
        CancellationToken stop)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, settings, certificate, operators is null ? 0 : ControlRequest.MaxBytes));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownPatience);
        var server = builder.Build();
        var metrics = new SiteMetrics(latest);
        var provider = Provider(settings, latest().Site, metrics);
        var guard = new StatusGuard(settings, token, operators?.Token);
        server.Use(guard.AdmitAsync);
        server.UseOpenTelemetryPrometheusScrapingEndpoint(provider, context => context.Request.Path == StatusRoutes.Metrics, null, null, null);
        server.UseRouting();
        Map(server, latest);
        if (operators is { } taking)
            Map(server, taking.Desk);
        try
        {
            await server.StartAsync(stop).ConfigureAwait(false);
            return new StatusServer(server, metrics, provider, TraceExport.Begin(settings, latest().Site), guard);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            provider.Dispose();
            metrics.Dispose();
            guard.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        _traces?.Dispose();
        _provider.Dispose();
        _metrics.Dispose();
        _guard.Dispose();
    }

    private static MeterProvider Provider(StatusSettings settings, string site, SiteMetrics metrics)
    {
        var provider = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("pipeline", serviceVersion: ProgramVersion.Release, serviceInstanceId: site))
            .AddMeter(SiteMetrics.MeterName, "System.Runtime")
            .AddView(instrument => instrument.Meter.Name != SiteMetrics.MeterName || metrics.Owns(instrument)
                ? new MetricStreamConfiguration { CardinalityLimit = MaxSeriesOfMetric } : MetricStreamConfiguration.Drop)
            .AddPrometheusExporter(options => options.ScrapeResponseCacheDurationMilliseconds = 0);
        if (settings.Collector is { } collector)
            provider.AddOtlpExporter(otlp => (otlp.Endpoint, otlp.Protocol) = (collector, OtlpExportProtocol.Grpc));
        return provider.Build();
    }

    private static void Configure(KestrelServerOptions kestrel, StatusSettings settings, X509Certificate2? certificate, long maxBody)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        kestrel.Limits.MaxRequestBodySize = maxBody;
        kestrel.Limits.RequestHeadersTimeout = HeaderPatience;
        kestrel.Listen(settings.Listen, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            if (certificate is not null)
                listen.UseHttps(certificate, https => https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13);
        });
    }

    private static void Map(WebApplication server, Func<SiteStatus> latest)
    {
        server.MapGet(StatusRoutes.Page, context => TextAsync(context, MediaTypeNames.Text.Html, StatusPage.Render(latest())));
        server.MapGet(StatusRoutes.Live, context => HealthAsync(context, Health.Live(latest())));
        server.MapGet(StatusRoutes.Ready, context => HealthAsync(context, Health.Ready(latest())));
        server.MapGet(StatusRoutes.ChainHealth, context => HealthAsync(context, Health.OfChain(latest(), Name(context))));
        server.MapGet(StatusRoutes.Status, context => JsonAsync(context, latest()));
        server.MapGet(StatusRoutes.Chain, context => JsonAsync(context, latest().Chains.FirstOrDefault(chain => chain.Name == Name(context))));
        server.MapGet(StatusRoutes.Description, context => TextAsync(context, MediaTypeNames.Application.Json, OpenApi.Document));
    }

    private static void Map(WebApplication server, OperatorDesk desk)
    {
        foreach (string path in new[] { StatusRoutes.Propose, StatusRoutes.Approve, StatusRoutes.Withdraw })
            server.MapPost(path, context => OperateAsync(context, desk, Asking(desk, Name(context), path[(path.LastIndexOf('/') + 1)..], StatusGuard.By(context))));

        server.MapPost(StatusRoutes.Quarantine, context => OperateAsync(context, desk, Deciding(desk, StatusGuard.By(context))));
        server.MapPost(StatusRoutes.Erasures, context => OperateAsync(context, desk, Erasing(desk, StatusGuard.By(context))));
    }

    private static Func<ChainWords, Task<OperatorAnswer>> Asking(OperatorDesk desk, string chain, string verb, string by) => words => desk.AskAsync(chain, verb, words, by);

    private static Func<QuarantineDecision, Task<OperatorAnswer>> Deciding(OperatorDesk desk, string by) => decision => desk.DecideAsync(decision, by);

    private static Func<PatientErasure, Task<OperatorAnswer>> Erasing(OperatorDesk desk, string by) => erasure => desk.EraseAsync(erasure, by);

    /// <summary>What is asked for is done whether or not the client waits for the answer; before it is whole, nothing is.</summary>
    private static async Task OperateAsync<T>(HttpContext context, OperatorDesk desk, Func<T, Task<OperatorAnswer>> operate) where T : class
    {
        OperatorAnswer answer;
        try
        {
            answer = await JsonSerializer.DeserializeAsync<T>(context.Request.Body, StatusJson.Requests, context.RequestAborted).ConfigureAwait(false) is { } request
                ? await operate(request).ConfigureAwait(false) : desk.Unreadable(context.Request.Path, StatusCodes.Status400BadRequest, "the body is null");
        }
        catch (JsonException e)
        {
            answer = desk.Unreadable(context.Request.Path, StatusCodes.Status400BadRequest, $"the body is not what {StatusRoutes.Description} says: {e.Message}");
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            answer = desk.Unreadable(context.Request.Path, e.StatusCode, e.Message);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            desk.Unreadable(context.Request.Path, StatusCodes.Status400BadRequest, "the client broke off before all of it had come");
            return;
        }

        context.Response.StatusCode = answer.Status;
        await JsonAsync(context, answer.Response).ConfigureAwait(false);
    }

    private static string Name(HttpContext context) => context.Request.RouteValues["chain"] as string ?? "";

    private static Task HealthAsync(HttpContext context, Health? health)
    {
        if (health is { Healthy: false })
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return JsonAsync(context, health);
    }

    private static Task JsonAsync<T>(HttpContext context, T? value) where T : class
    {
        if (value is not null)
            return TextAsync(context, MediaTypeNames.Application.Json, JsonSerializer.Serialize(value, StatusJson.Options));
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private static Task TextAsync(HttpContext context, string type, string text)
    {
        context.Response.ContentType = type + "; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
