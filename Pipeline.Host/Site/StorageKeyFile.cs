using System.Security.Cryptography;
using Pipeline.Actors.Ingest.Files;
using Pipeline.Host.Configuration;

namespace Pipeline.Host.Site;

/// <summary>
/// Where the keys of encryption at rest come from: the configuration (an environment variable, in practice), or a file of 64 hexadecimal digits a line, the
/// newest first, readable by its owner alone and made on first use.
/// </summary>
internal static class StorageKeyFile
{
    private const string FileName = "storage.keys";

    /// <param name="create">Draws a key where encryption is on and there is none.</param>
    /// <exception cref="IOException">The file cannot be read or written, or holds something that is no key.</exception>
    public static StorageKeys Load(string dataDirectory, EncryptionSettings settings, bool create)
    {
        if (settings.Keys.Count > 0)
            return new StorageKeys(settings.Keys, settings.AtRest);
        string path = settings.KeyFile ?? Path.Combine(dataDirectory, "keys", FileName);
        if (!File.Exists(path))
        {
            if (!settings.AtRest || !create)
                return StorageKeys.None;
            Draw(path);
        }
        var keys = StorageKeys.Parse(File.ReadAllText(path)) ?? throw new IOException($"{path} holds a line that is no key of 64 hexadecimal digits");
        return keys.Count > 0 || !settings.AtRest
            ? new StorageKeys(keys, settings.AtRest)
            : throw new IOException($"{path} holds no key; remove it to have one drawn");
    }

    private static void Draw(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string text = $"""
            # Keys of encryption at rest. The first seals; put a new one above to rotate, and keep the old ones: they open what was sealed before.
            {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(StorageKeys.KeyLength))}

            """;
        new DiskFileSystem().Replace(path, System.Text.Encoding.ASCII.GetBytes(text));
    }
}
