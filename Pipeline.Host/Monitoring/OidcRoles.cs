using System.Text.Json;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Monitoring;

/// <summary>Reads roles from the claims of a token whose signature has been checked.</summary>
internal static class OidcRoles
{
    /// <summary>What the claims let their bearer do.</summary>
    /// <param name="claims">The token's payload.</param>
    public static OidcAccess Judge(JsonElement claims, OidcSettings settings)
    {
        var roles = Of(claims, settings.RoleClaim);
        bool operates = settings.OperatorRole.Length > 0 && roles.Contains(settings.OperatorRole);
        string who = claims.TryGetProperty("sub", out var subject) && subject.ValueKind == JsonValueKind.String ? subject.GetString()! : "";
        return new OidcAccess(operates || (settings.ReaderRole.Length > 0 && roles.Contains(settings.ReaderRole)), operates, who, null);
    }

    /// <summary>A list of texts, or one text with roles between spaces, as scopes are written (RFC 8693 §4.2).</summary>
    /// <param name="claim">A claim's name, which may have dots, or a path: <c>realm_access.roles</c>.</param>
    public static IReadOnlySet<string> Of(JsonElement claims, string claim)
    {
        if (Find(claims, claim) is not { } found)
            return new HashSet<string>();
        return (found.ValueKind switch
        {
            JsonValueKind.String => found.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            JsonValueKind.Array => found.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!),
            _ => [],
        }).ToHashSet(StringComparer.Ordinal);
    }

    private static JsonElement? Find(JsonElement at, string path)
    {
        if (at.ValueKind != JsonValueKind.Object)
            return null;
        if (at.TryGetProperty(path, out var whole))
            return whole;
        int dot = path.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && at.TryGetProperty(path[..dot], out var inner) ? Find(inner, path[(dot + 1)..]) : null;
    }
}
