using System.Data.Common;
using Npgsql;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Ledger.Sync;

/// <summary>Finds journals where only their place is known.</summary>
public static class JournalFinder
{
    /// <summary>Every <c>*.db</c> below a folder that is a journal or claims to be one.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static IReadOnlyList<ChainJournal.Sqlite> InFolder(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.db", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => new ChainJournal.Sqlite(f))];

    /// <summary>Every schema of a PostgreSQL database that holds a journal.</summary>
    /// <exception cref="DbException">The server does not answer, or refuses.</exception>
    /// <exception cref="ArgumentException">The text is no connection string.</exception>
    public static IReadOnlyList<ChainJournal.PostgreSql> InDatabase(string connectionString)
    {
        using var connection = new NpgsqlConnection(connectionString);
        connection.Open();
        using var command = new NpgsqlCommand(
            """
            SELECT table_schema FROM information_schema.columns WHERE table_name = 'journal' AND column_name = 'persistence_id'
            ORDER BY table_schema COLLATE "C"
            """, connection);
        using var reader = command.ExecuteReader();
        var journals = new List<ChainJournal.PostgreSql>();
        while (reader.Read())
            journals.Add(new ChainJournal.PostgreSql(connectionString, reader.GetString(0)));
        return journals;
    }
}
