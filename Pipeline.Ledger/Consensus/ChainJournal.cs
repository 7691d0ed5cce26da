using Npgsql;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>Where a site keeps the journal of one chain.</summary>
public abstract record ChainJournal
{
    private ChainJournal() { }

    /// <summary>For people and logs; without a password.</summary>
    public abstract string Name { get; }

    public sealed override string ToString() => Name;

    /// <summary>A SQLite file of its own, in WAL mode and flushed at every commit.</summary>
    public sealed record Sqlite(string File) : ChainJournal
    {
        public override string Name => File;
    }

    /// <summary>A schema of its own in a PostgreSQL database.</summary>
    /// <param name="ConnectionString">Npgsql's; a secret where it holds a password.</param>
    public sealed record PostgreSql(string ConnectionString, string Schema) : ChainJournal
    {
        /// <summary>
        /// The server ends a transaction whose client is silent for so long: one that a cut network left open would hold the successor's records up, by their
        /// key, until TCP gives the connection up after hours.
        /// </summary>
        private const string SilenceEnds = "idle_in_transaction_session_timeout";
        private const int SilenceMilliseconds = 3000;

        // PostgreSQL cuts longer names off, and two chains must not meet in one schema.
        private const int MaxSchemaLength = 63;

        public override string Name
        {
            get
            {
                var server = new NpgsqlConnectionStringBuilder(ConnectionString);
                return $"postgresql://{server.Host}:{server.Port}/{server.Database ?? server.Username}, schema {Schema}";
            }
        }

        /// <summary>The schema's name as SQL takes it.</summary>
        internal string QuotedSchema => $"\"{Schema.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

        /// <summary>
        /// The journal of a chain in a database: its schema is named after the chain. Sessions have an <c>idle_in_transaction_session_timeout</c>, where the
        /// connection's options do not give another.
        /// </summary>
        /// <exception cref="ArgumentException">The chain's name is not lower-case kebab, or the text is no connection string.</exception>
        public static PostgreSql Of(string chain, string connectionString)
        {
            var server = new NpgsqlConnectionStringBuilder(connectionString);
            if (server.Options?.Contains(SilenceEnds, StringComparison.Ordinal) != true)
                server.Options = $"{server.Options} -c {SilenceEnds}={SilenceMilliseconds}".Trim();
            return new PostgreSql(server.ConnectionString, SchemaOf(chain));
        }

        /// <summary><c>chain_</c> keeps clear of reserved words; hyphens are not plain in an SQL name.</summary>
        public static string SchemaOf(string chain)
        {
            if (!Genesis.IsChainName(chain))
                throw new ArgumentException($"chain name '{chain}' is not lower-case kebab", nameof(chain));
            string schema = "chain_" + chain.Replace('-', '_');
            return schema.Length <= MaxSchemaLength
                ? schema
                : $"{schema[..(MaxSchemaLength - 9)]}_{Digest.Of(System.Text.Encoding.UTF8.GetBytes(chain)).Short}";
        }
    }
}
