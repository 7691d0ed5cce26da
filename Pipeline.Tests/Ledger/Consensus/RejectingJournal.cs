using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Pipeline.Ledger.Consensus;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>Rejects what a member signs above height 1: a plug-in may, without failing.</summary>
public sealed class RejectingJournal : MemoryJournal
{
    public static Config Config { get; } = ConfigurationFactory.ParseString($$"""
        {{JournalConfig.PluginId(ReplicaFixture.Chain)}} {
          class = "{{typeof(RejectingJournal).AssemblyQualifiedName}}"
          plugin-dispatcher = "akka.actor.default-dispatcher"
        }
        """);

    protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        if (!writes.SelectMany(write => (IEnumerable<IPersistentRepresentation>)write.Payload).Any(IsAboveHeight1))
            return await base.WriteMessagesAsync(writes, cancellationToken);
        return [.. writes.Select(_ => new InvalidOperationException("the plug-in does not like it"))];
    }

    private static bool IsAboveHeight1(IPersistentRepresentation item) => item.Payload is JournalEntry entry && entry.Records.Any(record => record switch
    {
        JournalRecord.Proposed p => p.Height >= 2,
        JournalRecord.Voted { Vote: var v } => v.Height >= 2,
        // A member that the others' decision overtakes records no vote.
        JournalRecord.Committed { Certificate: var c } => c.Height >= 2,
        _ => false,
    });
}
