using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Monitoring;

/// <summary>
/// Judges bearer tokens of an OpenID Connect provider: a JWT (RFC 7519) that the provider signed for this port and that has not expired. Keys come by
/// discovery and are asked for again where a token names one that is not known, as after a change of keys.
/// </summary>
internal sealed class OidcGate : IDisposable
{
    private const string Discovery = "/.well-known/openid-configuration";
    private const int MaxLength = 16 * 1024;
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1), SoonestRefresh = TimeSpan.FromMinutes(1);

    /// <summary>RFC 7518 §3.1, those with two keys: with a shared secret whoever can check a token can also make one.</summary>
    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    private readonly OidcSettings _settings;
    private readonly OidcDocuments _documents = new();
    private readonly ConfigurationManager<OpenIdConnectConfiguration> _provider;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxLength };

    public OidcGate(OidcSettings settings)
    {
        _settings = settings;
        _provider = new ConfigurationManager<OpenIdConnectConfiguration>(
            settings.Authority.AbsoluteUri.TrimEnd('/') + Discovery, new OpenIdConnectConfigurationRetriever(), _documents)
        {
            RefreshInterval = SoonestRefresh,
        };
    }

    /// <summary>What whoever shows an <c>Authorization</c> header may do; null where it holds no JWT.</summary>
    public async Task<OidcAccess?> JudgeAsync(string? authorization, CancellationToken stop)
    {
        if (authorization?.Split(' ', 2) is not [var scheme, var token] || !scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) || token.Count(c => c == '.') != 2)
            return null;
        token = token.Trim();
        if (token.Length > MaxLength)
            return OidcAccess.Refused($"the token is longer than {MaxLength} characters");
        try
        {
            var result = await ValidateAsync(token, stop).ConfigureAwait(false);
            if (!result.IsValid && result.Exception is SecurityTokenSignatureKeyNotFoundException)
            {
                // The provider may have changed its keys; how often it is asked is bounded.
                _provider.RequestRefresh();
                result = await ValidateAsync(token, stop).ConfigureAwait(false);
            }

            if (!result.IsValid)
                return OidcAccess.Refused(Describe(result.Exception));
            using var claims = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(((JsonWebToken)result.SecurityToken).EncodedPayload));
            return OidcRoles.Judge(claims.RootElement, _settings);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or ArgumentException or JsonException)
        {
            return OidcAccess.Refused($"the keys of pipeline.status.oidc.authority cannot be had: {e.GetBaseException().Message}");
        }
    }

    /// <summary>Why no token could be judged now; null where the provider answers as it should.</summary>
    public async Task<string?> FindFaultAsync(CancellationToken stop)
    {
        try
        {
            var provider = await ProviderAsync(stop).ConfigureAwait(false);
            return provider.SigningKeys.Count == 0 ? "it publishes no keys" : null;
        }
        catch (Exception e) when (!stop.IsCancellationRequested && e is (InvalidOperationException or IOException or ArgumentException or JsonException))
        {
            return e.GetBaseException().Message;
        }
    }

    public void Dispose() => _documents.Dispose();

    private async Task<OpenIdConnectConfiguration> ProviderAsync(CancellationToken stop)
    {
        var provider = await _provider.GetConfigurationAsync(stop).ConfigureAwait(false);
        // Discovery 1.0 §4.3: whoever answers must say that it is who was asked.
        return provider.Issuer?.TrimEnd('/') == _settings.Authority.AbsoluteUri.TrimEnd('/')
            ? provider
            : throw new IOException($"it calls itself '{provider.Issuer}'");
    }

    private async Task<TokenValidationResult> ValidateAsync(string token, CancellationToken stop)
    {
        var provider = await ProviderAsync(stop).ConfigureAwait(false);
        return await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = provider.Issuer,
            ValidAudience = _settings.Audience,
            IssuerSigningKeys = provider.SigningKeys,
            ValidAlgorithms = Algorithms,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ClockSkew = Skew,
        }).ConfigureAwait(false);
    }

    private static string Describe(Exception? fault) => fault switch
    {
        SecurityTokenExpiredException => "the token has expired",
        SecurityTokenNotYetValidException => "the token is not valid yet; compare the clocks",
        SecurityTokenInvalidAudienceException => "the token is for another audience than pipeline.status.oidc.audience",
        SecurityTokenInvalidIssuerException => "the token is of another issuer than pipeline.status.oidc.authority",
        SecurityTokenNoExpirationException => "the token never expires; only such as do are taken",
        SecurityTokenInvalidAlgorithmException => "the token is signed by an algorithm that is not taken here",
        SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException => "the token is signed by no key of pipeline.status.oidc.authority",
        _ => "the token cannot be read",
    };
}
