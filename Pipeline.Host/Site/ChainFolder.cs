using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Host.Site;

/// <summary>Where a site keeps one chain: <c>DATA/chains/NAME/{genesis.cbor, journal.db, payloads/, snapshots/, training/}</c>.</summary>
public sealed record ChainFolder(string DataDirectory, string Chain)
{
    public string Root => System.IO.Path.Combine(DataDirectory, "chains", Chain);

    public string GenesisFile => System.IO.Path.Combine(Root, "genesis.cbor");

    public string JournalFile => System.IO.Path.Combine(Root, "journal.db");

    /// <summary>The chain's journal: the file in this folder, or its schema in the PostgreSQL database that a connection string names.</summary>
    public ChainJournal Journal(string? connectionString) =>
        connectionString is null ? new ChainJournal.Sqlite(JournalFile) : ChainJournal.PostgreSql.Of(Chain, connectionString);

    public string Payloads => System.IO.Path.Combine(Root, "payloads");

    public string Snapshots => System.IO.Path.Combine(Root, "snapshots");

    public string Training => System.IO.Path.Combine(Root, "training");

    /// <summary>Writes the genesis once; a different one already there is refused.</summary>
    /// <exception cref="InvalidOperationException">The folder belongs to another chain.</exception>
    public void WriteGenesis(Genesis genesis)
    {
        byte[] bytes = Canonical.Encode(genesis);
        Directory.CreateDirectory(Root);
        if (File.Exists(GenesisFile))
        {
            if (!File.ReadAllBytes(GenesisFile).AsSpan().SequenceEqual(bytes))
                throw new InvalidOperationException($"{GenesisFile} holds another genesis; a chain's folder is never reused");
            return;
        }

        File.WriteAllBytes(GenesisFile + ".new", bytes);
        File.Move(GenesisFile + ".new", GenesisFile);
    }
}
