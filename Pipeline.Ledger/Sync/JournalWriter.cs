using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Sync;

/// <summary>
/// Appends entries to a journal that no replica has open, through the same plug-in that replicas write with: so a journal moves from one
/// provider to another, and a restored one is marked.
/// </summary>
internal static class JournalWriter
{
    private static readonly Config Quiet = ConfigurationFactory.ParseString("""
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.actor.serialization-settings.allow-unregistered-types = off
        """);

    /// <param name="persistenceId">Whose journal it is.</param>
    /// <param name="entries">Given the seal of the last entry there (zero when empty): what to append. Read as it is written.</param>
    /// <exception cref="JournalUnavailableException">The journal cannot be opened, read or written.</exception>
    public static async Task AppendAsync(
        ChainJournal journal, string chain, string persistenceId, Func<Digest, IEnumerable<JournalEntry>> entries)
    {
        var config = Quiet.WithFallback(LedgerSerializer.Config).WithFallback(JournalConfig.Create(chain, journal));
        var system = ActorSystem.Create("journal-writer", config);
        try
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            system.ActorOf(Props.Create(() => new Appender(JournalConfig.PluginId(chain), persistenceId, entries, done)));
            await done.Task.ConfigureAwait(false);
        }
        catch (Exception e) when (e is not JournalUnavailableException and not BackupException)
        {
            throw new JournalUnavailableException($"journal {journal} cannot be written: {JournalFault.Describe(e)}", e);
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
            JournalConfig.Close(journal);
        }
    }

    private sealed class Appender : ReceivePersistentActor
    {
        private const int Batch = 16;

        private readonly Func<Digest, IEnumerable<JournalEntry>> _entries;
        private readonly TaskCompletionSource _done;
        private IEnumerator<JournalEntry>? _source;
        private Digest _seal;

        public Appender(string plugin, string persistenceId, Func<Digest, IEnumerable<JournalEntry>> entries, TaskCompletionSource done)
        {
            JournalPluginId = plugin;
            PersistenceId = persistenceId;
            _entries = entries;
            _done = done;
            Recover<JournalEntry>(entry => _seal = entry.Seal);
            Recover<RecoveryCompleted>(_ => Self.Tell(NextBatch.Instance));
            Command<NextBatch>(_ => Write());
        }

        public override string PersistenceId { get; }

        public override Recovery Recovery => new(SnapshotSelectionCriteria.None);

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => _done.TrySetException(cause);

        protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
        {
            _done.TrySetException(cause);
            Context.Stop(Self);
        }

        protected override void OnRecoveryFailure(Exception reason, object? message = null) => _done.TrySetException(reason);

        protected override void PostStop()
        {
            _source?.Dispose();
            _done.TrySetException(new InvalidOperationException("the writer stopped before it was done"));
            base.PostStop();
        }

        private void Write()
        {
            try
            {
                _source ??= _entries(_seal).GetEnumerator();
                var batch = new List<JournalEntry>(Batch);
                while (batch.Count < Batch && _source.MoveNext())
                    batch.Add(_source.Current);
                if (batch.Count == 0)
                {
                    _done.TrySetResult();
                    return;
                }

                int written = 0;
                PersistAll(batch, _ =>
                {
                    if (++written == batch.Count)
                        Self.Tell(NextBatch.Instance);
                });
            }
            catch (Exception e)
            {
                // What the source throws belongs to whoever gave it.
                _done.TrySetException(e);
                Context.Stop(Self);
            }
        }

        private sealed record NextBatch
        {
            public static NextBatch Instance { get; } = new();
        }
    }
}
