using Microsoft.Data.Sqlite;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Sync;

namespace Pipeline.Host.Demo;

/// <summary>Alters one byte of a journal's copy and asks the offline verifier what is wrong.</summary>
public static class TamperDrill
{
    /// <param name="journal">Of any provider; it is only read.</param>
    /// <param name="folder">Receives the copy, a SQLite file.</param>
    /// <returns>What the verifier found, or null when it noticed nothing; and which record was altered.</returns>
    /// <exception cref="InvalidDataException">The journal has no record of a size that can be found in the file.</exception>
    public static async Task<(BadRecord? Found, long Altered)> RunAsync(ChainJournal journal, string folder)
    {
        Directory.CreateDirectory(folder);
        string copy = Path.Combine(folder, "journal.db");
        File.Delete(copy);
        await JournalCopy.ToFileAsync(journal, copy).ConfigureAwait(false);
        byte[] file = File.ReadAllBytes(copy);
        var records = Records(copy);
        // From the middle on, the first record that lies in the file in one piece: long ones are spread over overflow pages.
        for (int i = records.Count / 2; i < records.Count; i++)
        {
            int at = records[i].Length < 64 ? -1 : file.AsSpan().IndexOf(records[i]);
            if (at < 0)
                continue;
            file[at + records[i].Length / 2] ^= 0x01;
            File.WriteAllBytes(copy, file);
            return (LedgerVerifier.Verify(new ChainJournal.Sqlite(copy)).FirstBad, i + 1);
        }

        throw new InvalidDataException($"{journal} holds {records.Count} records, none of which lies in the file in one piece");
    }

    private static List<byte[]> Records(string journal)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = journal,
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT message FROM journal ORDER BY ordering";
        using var reader = command.ExecuteReader();
        var records = new List<byte[]>();
        while (reader.Read())
            records.Add((byte[])reader.GetValue(0));
        return records;
    }
}
