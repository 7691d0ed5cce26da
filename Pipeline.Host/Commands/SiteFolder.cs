using Pipeline.Host.Configuration;
using Pipeline.Host.Site;

namespace Pipeline.Host.Commands;

/// <summary>A site that is looked at from outside, whether it runs or not.</summary>
/// <param name="DataDirectory">Absolute.</param>
/// <param name="Chains">As configured; empty where only the data directory was given.</param>
public sealed record SiteFolder(string DataDirectory, IReadOnlyList<ChainSettings> Chains)
{
    /// <summary>What the labels of a chain mean: by its genesis, else by its configuration; empty where neither is known.</summary>
    /// <exception cref="CommandFailedException">The chain's genesis is damaged.</exception>
    public IReadOnlyList<string> ClassesOf(string chain)
    {
        var settings = Chains.FirstOrDefault(c => c.Name == chain);
        string genesis = settings?.GenesisFile ?? new ChainFolder(DataDirectory, chain).GenesisFile;
        return GenesisFile.TaskOf(GenesisFile.Read(genesis, chain))?.Classes ?? settings?.Classes ?? [];
    }
}
