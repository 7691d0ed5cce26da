using System.Net;
using Npgsql;

namespace Pipeline.Host.Configuration;

/// <summary>What texts of the configuration may look like.</summary>
internal static class SettingsRules
{
    public const string AeTitleLegend = "AE title, 1 to 16 characters";
    public const string KeyPrefix = "ed25519:";
    public const string CodeStringLegend = "a DICOM code string: upper-case letters, digits, spaces and underscores, at most 16";

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>PS3.5 §6.2, VR AE: 16 characters of the default repertoire, no backslash, not only spaces.</summary>
    public static bool IsAeTitle(string text) =>
        text.Length is > 0 and <= 16 && text.All(c => c is >= ' ' and <= '~' and not '\\') && text.Trim().Length > 0;

    /// <summary>PS3.5 §6.2, VR CS.</summary>
    public static bool IsCodeString(string text) =>
        text.Length is > 0 and <= 16 && text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is ' ' or '_');

    /// <summary>PS3.5 §9.1: numbers between dots, at most 64 characters.</summary>
    public static bool IsUid(string text) => text.Length is > 0 and <= 64 && text.Split('.').All(part => part.Length > 0 && part.All(char.IsAsciiDigit));

    /// <summary>Npgsql's key=value text, which names a server.</summary>
    public static bool IsConnectionString(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text).Host is { Length: > 0 };
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            return false;
        }
    }

    /// <summary>A name or address, a colon, a port; an IPv6 address stands in square brackets (RFC 3986 §3.2.2).</summary>
    public static bool IsHostAndPort(string text) =>
        Uri.TryCreate("tcp://" + text, UriKind.Absolute, out var uri) && uri.Port is > 0 and <= 65535 && uri.Host.Length > 0 &&
        uri.AbsolutePath is "" or "/" && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0;

    /// <summary>An IP address with its port; 0 takes any free one.</summary>
    public static bool IsEndPoint(string text) => text.Contains(':') && IPEndPoint.TryParse(text, out _) && !IPAddress.TryParse(text, out _);

    /// <summary>A SHA-256 as people write it: colons and case do not count.</summary>
    public static bool IsFingerprint(string text) => Hex(text) is { Length: 64 } hex && hex.All(char.IsAsciiHexDigit);

    /// <summary>As <c>MemberPublicKey</c> writes itself.</summary>
    public static bool IsMemberKey(string text) =>
        text.StartsWith(KeyPrefix, StringComparison.Ordinal) && text.Length == KeyPrefix.Length + 64 && text.AsSpan(KeyPrefix.Length).IndexOfAnyExcept(HexDigits) < 0;

    public static string Hex(string fingerprint) => fingerprint.Replace(":", "", StringComparison.Ordinal);

    public static bool IsPath(string text) => text.Trim().Length > 0 && !text.Contains('\0');
}
