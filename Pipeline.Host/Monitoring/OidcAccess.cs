namespace Pipeline.Host.Monitoring;

/// <summary>What a token of an OpenID Connect provider lets its bearer do.</summary>
/// <param name="Reads">May read.</param>
/// <param name="Operates">May change things.</param>
/// <param name="Who">The token's subject; empty where the token counts for nothing.</param>
/// <param name="Fault">Why the token counts for nothing; null where it is valid, whatever its roles.</param>
internal sealed record OidcAccess(bool Reads, bool Operates, string Who, string? Fault)
{
    public static OidcAccess Refused(string fault) => new(false, false, "", fault);
}
