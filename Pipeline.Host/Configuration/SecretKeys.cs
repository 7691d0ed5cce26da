using Npgsql;

namespace Pipeline.Host.Configuration;

/// <summary>Which values of a configuration are secrets, and how they are shown: not at all. No message, log or listing prints one.</summary>
internal static class SecretKeys
{
    /// <summary>Stands for a secret.</summary>
    public const string Hidden = "***";

    private static readonly string[] Names = ["keys", "password", "secret", "token", "passphrase"];

    /// <summary>The value as a person may see it.</summary>
    public static string Mask(string key, string value)
    {
        string name = key[(key.LastIndexOf('.') + 1)..];
        if (value.Length == 0)
            return value;
        if (Names.Contains(name))
            return Hidden;
        if (name == "connection-string")
            return MaskConnection(value);
        return Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.UserInfo.Length > 0
            ? value.Replace(uri.UserInfo + "@", Hidden + "@", StringComparison.Ordinal) : value;
    }

    private static string MaskConnection(string value)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(value);
            if (builder.Password is not null)
                builder.Password = Hidden;
            return builder.ConnectionString;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            return Hidden;
        }
    }
}
