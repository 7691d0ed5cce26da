using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Pipeline.Tests.Host.Monitoring;

/// <summary>An OpenID Connect provider on loopback, as far as a resource server sees it: discovery, keys, and tokens signed by them.</summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    public const string Audience = "pipeline-north";

    private readonly WebApplication _server;
    private RSA _key = RSA.Create(2048);
    private string _keyId = "first";

    private IdentityProvider(WebApplication server) => _server = server;

    public Uri Authority => new(_server.Urls.Single());

    /// <summary>What discovery says of the issuer; null for what is right.</summary>
    public string? FalseIssuer { get; set; }

    /// <summary>What discovery says of the keys' address; null for what is right.</summary>
    public string? FalseKeys { get; set; }

    public static async Task<IdentityProvider> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var provider = new IdentityProvider(builder.Build());
        provider._server.UseRouting();
        provider._server.MapGet("/.well-known/openid-configuration", context => context.Response.WriteAsync(JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["issuer"] = provider.FalseIssuer ?? provider.Authority.AbsoluteUri.TrimEnd('/'),
            ["jwks_uri"] = provider.FalseKeys ?? new Uri(provider.Authority, "/keys").AbsoluteUri,
        })));
        provider._server.MapGet("/keys", context => context.Response.WriteAsync(JsonSerializer.Serialize(new { keys = new[] { provider.PublicKey() } })));
        await provider._server.StartAsync();
        return provider;
    }

    /// <summary>A token that is right but for what is given.</summary>
    public string Token(object? roles, string audience = Audience, TimeSpan? lifetime = null, RSA? signedBy = null, string claim = "roles", string? issuer = null)
    {
        var now = DateTime.UtcNow;
        var claims = new Dictionary<string, object> { ["sub"] = "dr-operator" };
        if (roles is not null)
            claims[claim] = roles;
        var expires = now + (lifetime ?? TimeSpan.FromMinutes(5));
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Authority.AbsoluteUri.TrimEnd('/'),
            Audience = audience,
            Claims = claims,
            IssuedAt = expires.AddHours(-1),
            NotBefore = expires.AddHours(-1),
            Expires = expires,
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(signedBy ?? _key) { KeyId = _keyId }, SecurityAlgorithms.RsaSha256),
        });
    }

    /// <summary>A token with the same claims that names another algorithm and is signed by a text that everybody knows: the public key.</summary>
    public string Forged(string algorithm)
    {
        string[] parts = Token("reader").Split('.');
        string header = Base64UrlEncoder.Encode(JsonSerializer.Serialize(new Dictionary<string, string> { ["alg"] = algorithm, ["typ"] = "JWT", ["kid"] = _keyId }));
        if (algorithm == "none")
            return $"{header}.{parts[1]}.";
        byte[] mac = HMACSHA256.HashData(_key.ExportSubjectPublicKeyInfo(), System.Text.Encoding.ASCII.GetBytes($"{header}.{parts[1]}"));
        return $"{header}.{parts[1]}.{Base64UrlEncoder.Encode(mac)}";
    }

    /// <summary>Signs by another key from now on, and publishes that one alone.</summary>
    public void ChangeKeys()
    {
        _key.Dispose();
        (_key, _keyId) = (RSA.Create(2048), "second");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _key.Dispose();
    }

    private Dictionary<string, string> PublicKey()
    {
        var key = _key.ExportParameters(false);
        return new() { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = _keyId, ["n"] = Base64UrlEncoder.Encode(key.Modulus), ["e"] = Base64UrlEncoder.Encode(key.Exponent) };
    }
}
