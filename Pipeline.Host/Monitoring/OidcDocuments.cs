using Microsoft.IdentityModel.Protocols;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Monitoring;

/// <summary>Reads a provider's discovery document and keys: over HTTPS, or from this machine; no redirect is followed, and nothing is large.</summary>
internal sealed class OidcDocuments : IDocumentRetriever, IDisposable
{
    private const int MaxBytes = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = Patience,
        MaxResponseContentBufferSize = MaxBytes,
    };

    /// <exception cref="IOException">The address is not safe, or does not answer with a document.</exception>
    public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || !OidcSettings.IsSafe(uri))
            throw new IOException($"'{address}' is no https address");
        try
        {
            using var response = await _client.GetAsync(uri, cancel).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false)
                : throw new IOException($"'{address}' answers {(int)response.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new IOException($"'{address}' does not answer: {e.GetBaseException().Message}", e);
        }
    }

    public void Dispose() => _client.Dispose();
}
