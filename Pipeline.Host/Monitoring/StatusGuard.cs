using Microsoft.AspNetCore.Http;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Monitoring;

/// <summary>
/// Who may do what at the status port: by the site's own tokens, and by those of an identity provider where one is configured. Whoever shows none learns
/// nothing but, where the configuration says so, health.
/// </summary>
/// <param name="operators">The token that operators show; null where nothing can be changed here.</param>
internal sealed class StatusGuard(StatusSettings settings, StatusToken token, StatusToken? operators) : IDisposable
{
    private const string Port = "status port", Who = "who";
    private const int MaxWho = 100;

    private readonly OidcGate? _provider = settings.Oidc is { } oidc ? new OidcGate(oidc) : null;

    /// <summary>On whose word an admitted request acts, for the audit log: the token's subject where a provider issued it.</summary>
    public static string By(HttpContext context) => context.Items[Who] is string { Length: > 0 } who ? $"{Port}, {LogLine.Of(who[..Math.Min(who.Length, MaxWho)])}" : Port;

    /// <summary>Goes on with a request, or answers it by a refusal.</summary>
    public async Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        string? shown = context.Request.Headers.Authorization;
        bool changes = operators is not null && HttpMethods.IsPost(context.Request.Method);
        if (!changes && !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            headers.Allow = operators is null ? "GET, HEAD" : "GET, HEAD, POST";
            return;
        }

        bool open = !changes && settings.OpenHealth && context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal);
        if (open || (changes ? operators!.AdmitsBearer(shown) : token.Admits(shown) || operators?.Admits(shown) == true))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        var access = _provider is null ? null : await _provider.JudgeAsync(shown, context.RequestAborted).ConfigureAwait(false);
        if (access is { Fault: null } && (changes ? access.Operates : access.Reads))
        {
            context.Items[Who] = access.Who;
            await next(context).ConfigureAwait(false);
        }
        else
        {
            await RefuseAsync(context, changes, access).ConfigureAwait(false);
        }
    }

    public void Dispose() => _provider?.Dispose();

    /// <summary>RFC 6750 §3.1: a token that counts for nothing is 401, one that is valid and not enough 403.</summary>
    private static Task RefuseAsync(HttpContext context, bool changes, OidcAccess? access)
    {
        var headers = context.Response.Headers;
        if (access is { Fault: null })
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            headers.WWWAuthenticate = "Bearer error=\"insufficient_scope\"";
            return context.Response.WriteAsync(changes
                ? "the token has not the role of pipeline.status.oidc.operator-role\n"
                : "the token has neither the role of pipeline.status.oidc.reader-role nor that of operator-role\n");
        }

        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        if (access is { Fault: { } fault })
        {
            headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
            return context.Response.WriteAsync(fault + "\n");
        }

        headers.WWWAuthenticate = changes ? new[] { "Bearer" } : new[] { "Basic realm=\"pipeline: any user, the token of pipeline.status.token-file\", charset=\"UTF-8\"", "Bearer" };
        return context.Response.WriteAsync($"the token is in the file of pipeline.status.{(changes ? "operator-token-file" : "token-file")} at the site\n");
    }
}
