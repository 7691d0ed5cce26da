using Pipeline.Actors.Ingest.Files;
using Pipeline.Host.Configuration;
using Pipeline.Host.Site;

namespace Pipeline.Host.Commands;

/// <summary>A site that is looked at from outside, whether it runs or not.</summary>
/// <param name="DataDirectory">Absolute.</param>
/// <param name="Chains">As configured; empty where only the data directory was given.</param>
public sealed record SiteFolder(string DataDirectory, IReadOnlyList<ChainSettings> Chains)
{
    /// <summary>That open what is encrypted at rest.</summary>
    public StorageKeys Keys { get; init; } = StorageKeys.None;

    /// <summary>Holds what opens the site's own keys; null where the environment does.</summary>
    public string? PassphraseFile { get; init; }

    /// <summary>A site known by its data directory alone: keys from the environment or from the folder.</summary>
    /// <exception cref="CommandFailedException">The keys cannot be used.</exception>
    public static SiteFolder Of(string dataDirectory) => new(dataDirectory, [])
    {
        Keys = KeysOf(
            dataDirectory, new EncryptionSettings(false, StorageKeys.Parse(Environment.GetEnvironmentVariable("PIPELINE__ENCRYPTION__KEYS") ?? "") ?? [], null)),
    };

    /// <summary>A site by its configuration.</summary>
    /// <exception cref="CommandFailedException">The keys cannot be used.</exception>
    public static SiteFolder Of(string dataDirectory, SiteSettings site) =>
        new(dataDirectory, site.Chains) { Keys = KeysOf(dataDirectory, site.Encryption), PassphraseFile = site.PassphraseFile };

    private static StorageKeys KeysOf(string dataDirectory, EncryptionSettings settings)
    {
        try
        {
            return StorageKeyFile.Load(dataDirectory, settings, create: false);
        }
        catch (IOException e)
        {
            throw new CommandFailedException($"the keys of encryption at rest cannot be used: {e.Message}", e);
        }
    }

    /// <summary>What the labels of a chain mean: by its genesis, else by its configuration; empty where neither is known.</summary>
    /// <exception cref="CommandFailedException">The chain's genesis is damaged.</exception>
    public IReadOnlyList<string> ClassesOf(string chain)
    {
        var settings = Chains.FirstOrDefault(c => c.Name == chain);
        string genesis = settings?.GenesisFile ?? new ChainFolder(DataDirectory, chain).GenesisFile;
        return GenesisFile.TaskOf(GenesisFile.Read(genesis, chain))?.Classes ?? settings?.Classes ?? [];
    }
}
