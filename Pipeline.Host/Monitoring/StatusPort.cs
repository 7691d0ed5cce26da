using System.Security.Cryptography;
using Pipeline.Actors.Ingest;
using Pipeline.Actors.Ingest.Requests;
using Pipeline.Host.Commands;
using Pipeline.Host.Configuration;
using Pipeline.Host.Control;
using Pipeline.Host.Gateway;
using Spectre.Console;

namespace Pipeline.Host.Monitoring;

/// <summary>Opens the status port of a running site, where one is configured.</summary>
internal static class StatusPort
{
    /// <summary>By which the status is asked for on the control socket.</summary>
    public const string Verb = "site";

    /// <param name="key">Of the running site.</param>
    /// <param name="audit">Of the running site.</param>
    /// <param name="passphrase">Opens the certificate's key.</param>
    /// <param name="chains">Answers as the control socket does.</param>
    /// <returns>Null where none is configured.</returns>
    /// <exception cref="CommandFailedException">Token, certificate or address cannot be used.</exception>
    public static async Task<IAsyncDisposable?> OpenAsync(
        SiteSettings site, SiteKey key, AuditLog audit, string? passphrase, SiteObserver observer, Func<ControlRequest, CancellationToken, Task<ControlResponse>> chains,
        Terminal terminal, CancellationToken stop)
    {
        var settings = site.Status;
        if (!settings.Enabled)
            return null;
        GatewayCertificate? certificate = null;
        var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            var token = StatusToken.LoadOrCreate(settings.TokenFile);
            var operatorToken = settings.OperatorTokenFile is null ? null : StatusToken.LoadOrCreate(settings.OperatorTokenFile);
            if (settings.OperatorTokenFile is { } operatorFile && StatusToken.FaultOf(operatorFile, settings.TokenFile) is { } fault)
                throw new CommandFailedException($"pipeline.status.operator-token-file: {fault}; remove it to have another one made");
            if (settings.CertificateFile is { } file)
                certificate = GatewayCertificate.Load(file, settings.KeyFile!, passphrase);
            (StatusToken, OperatorDesk)? operators = operatorToken is not null
                ? (operatorToken, new OperatorDesk(site.DataDirectory, key, audit, chains, terminal.Out.WriteLine, TimeProvider.System, stopping.Token)) : null;
            var server = await StatusServer.StartAsync(settings, certificate?.Certificate, token, () => observer.Latest, operators, stop).ConfigureAwait(false);
            terminal.Out.WriteLine(
                $"status at {server.Address}; its token is in {settings.TokenFile}" + (operators is null ? "" : $", that of operators in {settings.OperatorTokenFile}"));
            return new Opened(server, certificate, stopping);
        }
        catch (Exception e)
        {
            certificate?.Dispose();
            stopping.Dispose();
            if (e is not (IOException or UnauthorizedAccessException or CryptographicException))
                throw;
            throw new CommandFailedException($"the status port {settings.Listen} cannot be opened: {e.Message.TrimEnd('.')}; see pipeline.status", e);
        }
    }

    private sealed class Opened(StatusServer server, GatewayCertificate? certificate, CancellationTokenSource stopping) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            await server.DisposeAsync().ConfigureAwait(false);
            certificate?.Dispose();
            stopping.Dispose();
        }
    }
}
