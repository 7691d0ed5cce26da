using Pipeline.Host.Commands;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Site;

/// <summary>A chain's genesis on disk.</summary>
internal static class GenesisFile
{
    /// <returns>Null when there is no such file.</returns>
    /// <exception cref="CommandFailedException">The file is no genesis, or that of another chain.</exception>
    public static Genesis? Read(string file, string chain)
    {
        if (!File.Exists(file))
            return null;
        if (!Canonical.TryDecode<Genesis>(File.ReadAllBytes(file), out var genesis, out string? error))
            throw new CommandFailedException($"chain {chain}: {file} is no genesis: {error}");
        return genesis.Name == chain ? genesis : throw new CommandFailedException($"chain {chain}: {file} is of chain '{genesis.Name}'");
    }

    /// <summary>The learning task of a chain; null where the genesis has none.</summary>
    public static TaskDescriptor? TaskOf(Genesis? genesis) =>
        genesis is not null && Canonical.TryDecode<LearningGenesis>(genesis.Application, out var learning, out _) ? learning.Task : null;
}
