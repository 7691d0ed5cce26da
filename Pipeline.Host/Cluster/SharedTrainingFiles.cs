using Npgsql;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Host.Cluster;

/// <summary>
/// What training must remember (residual, moments, the last answer, the privacy budget spent) in the database that holds the chain's journal: tables
/// <c>training</c> and <c>training_file</c> of the chain's schema. Each fetch begins a term; who holds an older one keeps nothing any more.
/// </summary>
/// <param name="owner">Whose it is (<see cref="JournalConfig.OwnerOf"/>).</param>
internal sealed class SharedTrainingFiles(ChainJournal.PostgreSql journal, string owner) : ITrainingFiles
{
    /// <summary>Of no meaning but being the same for all who create these tables.</summary>
    private const long CreationLock = 0x70697065_6c696e65;

    private long _term;

    private string Schema => $"\"{journal.Schema.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public void Fetch(string folder) => Do(connection =>
    {
        using var transaction = connection.BeginTransaction();
        Run(connection, "SELECT pg_advisory_xact_lock($1)", CreationLock);
        Run(connection, $"""CREATE SCHEMA IF NOT EXISTS {Schema}""");
        Run(connection, $"""CREATE TABLE IF NOT EXISTS {Schema}.training (owner text PRIMARY KEY, term bigint NOT NULL)""");
        Run(connection, $"""
            CREATE TABLE IF NOT EXISTS {Schema}.training_file (owner text, name text, content bytea NOT NULL, PRIMARY KEY (owner, name))
            """);
        using var begin = Command(connection, $"""
            INSERT INTO {Schema}.training VALUES ($1, 1) ON CONFLICT (owner) DO UPDATE SET term = training.term + 1 RETURNING term
            """, owner);
        _term = (long)begin.ExecuteScalar()!;
        Directory.CreateDirectory(folder);
        var kept = new HashSet<string>(StringComparer.Ordinal);
        using (var read = Command(connection, $"""SELECT name, content FROM {Schema}.training_file WHERE owner = $1""", owner).ExecuteReader())
        {
            while (read.Read())
            {
                string name = Path.GetFileName(read.GetString(0));
                kept.Add(name);
                File.WriteAllBytes(Path.Combine(folder, name), read.GetFieldValue<byte[]>(1));
            }
        }

        transaction.Commit();
        foreach (string file in Directory.GetFiles(folder).Where(file => IsKept(file) && !kept.Contains(Path.GetFileName(file))))
            File.Delete(file);
    });

    public void Keep(string file) => Do(connection =>
    {
        using var content = new MemoryStream();
        using (var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            open.CopyTo(content);
        using var transaction = connection.BeginTransaction();
        using var term = Command(connection, $"""SELECT term FROM {Schema}.training WHERE owner = $1 FOR SHARE""", owner);
        if (term.ExecuteScalar() is not long current || current != _term)
            throw new IOException($"another node of this site has gone on with the training in {journal}; this one keeps nothing any more");
        Run(connection, $"""
            INSERT INTO {Schema}.training_file VALUES ($1, $2, $3) ON CONFLICT (owner, name) DO UPDATE SET content = EXCLUDED.content
            """, owner, Path.GetFileName(file), content.ToArray());
        transaction.Commit();
    });

    /// <summary>Models and files set aside are this node's own.</summary>
    private static bool IsKept(string file) => Path.GetExtension(file) is ".state" or ".ledger" or BranchStates.TrialExtension;

    /// <exception cref="IOException">The server did not do it.</exception>
    private void Do(Action<NpgsqlConnection> work)
    {
        try
        {
            using var connection = new NpgsqlConnection(journal.ConnectionString);
            connection.Open();
            work(connection);
        }
        catch (NpgsqlException e)
        {
            throw new IOException($"the training's files in {journal}: {JournalFault.Describe(e)}", e);
        }
    }

    private static void Run(NpgsqlConnection connection, string text, params object[] values)
    {
        using var command = Command(connection, text, values);
        command.ExecuteNonQuery();
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string text, params object[] values)
    {
        var command = new NpgsqlCommand(text, connection);
        foreach (object value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
