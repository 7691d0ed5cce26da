using Xunit;
using Xunit.Abstractions;

namespace Pipeline.Tests.Ledger.Journals;

/// <summary>Tests that run on every provider of journals share one PostgreSQL server.</summary>
[CollectionDefinition(Name)]
public sealed class JournalCollection : ICollectionFixture<PostgresServer>
{
    public const string Name = "journals";

    public const string Sqlite = "sqlite";

    public const string PostgreSql = "postgresql";

    /// <summary>The journals to test on; null, after having said so, where the provider's server is missing.</summary>
    internal static TestJournals? Open(string provider, PostgresServer server, ITestOutputHelper output)
    {
        if (provider == Sqlite)
            return new SqliteJournals();
        if (PostgresServer.Missing is { } missing)
        {
            output.WriteLine(missing);
            return null;
        }

        return new PostgresJournals(server.ConnectionString);
    }
}
