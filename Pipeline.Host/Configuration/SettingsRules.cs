using Npgsql;

namespace Pipeline.Host.Configuration;

/// <summary>What texts of the configuration may look like.</summary>
internal static class SettingsRules
{
    public const string AeTitleLegend = "AE title, 1 to 16 characters";
    public const string CodeStringLegend = "a DICOM code string: upper-case letters, digits, spaces and underscores, at most 16";

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

    public static bool IsPath(string text) => text.Trim().Length > 0 && !text.Contains('\0');
}
