using Akka.Actor;
using Akka.Configuration;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Host.Benchmarks;

/// <summary>Actor systems as a site makes them, one a member, each with a SQLite journal of its own.</summary>
internal static class BenchmarkSystem
{
    private static readonly Config Quiet = ConfigurationFactory.ParseString("""
        akka.loglevel = ERROR
        akka.stdout-loglevel = ERROR
        akka.log-dead-letters = off
        akka.actor.serialization-settings.allow-unregistered-types = off
        """);

    public static ActorSystem Create(string member, string chain, ChainJournal journal) =>
        ActorSystem.Create(member, Quiet.WithFallback(LedgerSerializer.Config).WithFallback(JournalConfig.Create(chain, journal)));
}
