using System.Net;

namespace Pipeline.Host.Configuration;

/// <summary>Whose tokens the status port takes beside its own: those of an OpenID Connect provider.</summary>
/// <param name="Authority">The issuer; its keys are found below it (OpenID Connect Discovery 1.0 §4).</param>
/// <param name="Audience">That a token must be for.</param>
/// <param name="RoleClaim">Claim with the roles; a path where they lie deeper.</param>
/// <param name="ReaderRole">Empty: nobody reads by a role of its own.</param>
/// <param name="OperatorRole">Empty: nobody operates by a role.</param>
public sealed record OidcSettings(Uri Authority, string Audience, string RoleClaim, string ReaderRole, string OperatorRole)
{
    private const string Section = "pipeline.status.oidc";

    /// <returns>Null where no provider is named.</returns>
    internal static OidcSettings? Create(SettingsReader reader)
    {
        int before = reader.Errors.Count;
        string authority = reader.Text($"{Section}.authority", "empty, or https://…; http:// on loopback alone", text => text.Length == 0 || IsAuthority(text));
        string audience = Text("audience"), claim = Text("role-claim"), readers = Text("reader-role"), operators = Text("operator-role");
        if (authority.Length == 0)
        {
            // An authority that is not legal has been reported, and is empty here.
            if (reader.Errors.Count == before && audience.Length + readers.Length + operators.Length > 0)
                reader.Report($"{Section}.authority", "\"\"", "missing; the other keys of oidc mean nothing without the provider that issues the tokens");
            return null;
        }

        if (audience.Length == 0)
            reader.Report($"{Section}.audience", "\"\"", "missing; without it a token for any other service of the provider would open this port");
        if (claim.Length == 0)
            reader.Report($"{Section}.role-claim", "\"\"", "missing; name the claim of the tokens that holds their roles");
        if (readers.Length == 0 && operators.Length == 0)
            reader.Report($"{Section}.reader-role", "\"\"", "missing; without a role nobody comes in: name reader-role, operator-role, or both");
        if (readers.Length > 0 && readers == operators)
            reader.Report($"{Section}.operator-role", $"\"{operators}\"", "is the readers' role too, so every reader could change things; name two roles");
        return IsAuthority(authority) ? new OidcSettings(new Uri(authority), audience, claim, readers, operators) : null;

        string Text(string key) => reader.Text($"{Section}.{key}", "text", text => text.Trim() == text);
    }

    /// <summary>Whether keys may be read from an address: what comes in clear could be anybody's, but on this machine.</summary>
    internal static bool IsSafe(Uri address) => address.Scheme == Uri.UriSchemeHttps ||
        (address.Scheme == Uri.UriSchemeHttp && (address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip))));

    private static bool IsAuthority(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && IsSafe(uri) && uri.Host.Length > 0 &&
        uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0;
}
