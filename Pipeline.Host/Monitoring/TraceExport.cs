using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Pipeline.Host.Configuration;
using Pipeline.Host.Reporting;
using Pipeline.Ledger.Tracing;

namespace Pipeline.Host.Monitoring;

/// <summary>Sends the site's spans to the collector that has its metrics too. docs/reference/traces.md explains each.</summary>
internal static class TraceExport
{
    /// <summary>Begins to collect; a trace is taken whole or not at all, by its number.</summary>
    /// <param name="site">Names the source of the spans.</param>
    /// <param name="exporter">Also gets the spans; null for none.</param>
    /// <returns>Null where no collector is named or the ratio is 0: nobody listens then.</returns>
    public static TracerProvider? Begin(StatusSettings settings, string site, BaseExporter<System.Diagnostics.Activity>? exporter = null)
    {
        if (settings.Collector is not { } collector || settings.TraceRatio <= 0)
            return null;
        var provider = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService("pipeline", serviceVersion: ProgramVersion.Release, serviceInstanceId: site))
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(settings.TraceRatio)))
            .AddSource(Traces.SourceName)
            .AddOtlpExporter(otlp => (otlp.Endpoint, otlp.Protocol) = (collector, OtlpExportProtocol.Grpc));
        if (exporter is not null)
            provider.AddProcessor(new SimpleActivityExportProcessor(exporter));
        return provider.Build();
    }
}
