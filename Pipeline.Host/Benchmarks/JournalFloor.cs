using System.Diagnostics;
using Akka.Actor;
using Akka.Persistence;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Host.Benchmarks;

/// <summary>
/// What the members' journals take for the entries of a height, and nothing else: four journals as replicas have them, written at the same time.
/// <see cref="ReplicaActor"/> gathers the records of a step, so the entries that follow on each other are: the proposer's block, proposal and
/// prevote; the others' prevotes; everybody's lock and precommit (with the block, where it is not stored yet); the decision.
/// </summary>
internal sealed class JournalFloor : IAsyncDisposable
{
    private const string Chain = "floor";

    private readonly ChainJournal[] _journals;
    private readonly ActorSystem[] _systems;
    private readonly IActorRef[] _writers;

    public JournalFloor(string folder)
    {
        _journals = [.. Enumerable.Range(0, BenchmarkChain.MemberCount)
            .Select(i => new ChainJournal.Sqlite(Path.Combine(folder, $"floor-{i}", "journal.db")))];
        _systems = [.. _journals.Select((journal, i) => BenchmarkSystem.Create($"floor-{i}", Chain, journal))];
        _writers = [.. _systems.Select((system, i) => system.ActorOf(Props.Create(() => new Writer($"floor-{i}"))))];
    }

    /// <param name="AtOne">Milliseconds until one member may apply the block.</param>
    /// <param name="AtAll">Milliseconds until every member may.</param>
    public readonly record struct Chained(double AtOne, double AtAll);

    /// <summary>
    /// The serial writes of one height. A step is over when as many journals have answered as the next step needs: a quorum with the
    /// proposer's own vote, and the member's own write of its decision.
    /// </summary>
    public async Task<Chained> HeightAsync(CommittedBlock committed)
    {
        var (block, certificate) = committed;
        int proposer = block.Header.Proposer;
        int[] all = [.. Enumerable.Range(0, _writers.Length)];
        int[] others = [.. all.Where(i => i != proposer)];
        int quorum = certificate.Signatures.Count;
        var vote = new Vote(StatementType.Prevote, certificate.Height, certificate.Round, certificate.BlockId, 0, certificate.Signatures[0]);
        var stored = new JournalRecord.Stored(block);
        JournalEntry propose = Entry(
            stored, new JournalRecord.Proposed(certificate.Height, 0, -1, block.Id, null, vote.Signature), new JournalRecord.Voted(vote));
        JournalEntry prevote = Entry(new JournalRecord.Voted(vote)), decide = Entry(new JournalRecord.Committed(certificate));
        JournalEntry precommit = Entry(new JournalRecord.Locked(certificate), new JournalRecord.Voted(vote));
        JournalEntry storeAndPrecommit = Entry([stored, .. precommit.Records]);

        double agreed = (await StepAsync([proposer], _ => propose).ConfigureAwait(false))[0];
        agreed += (await StepAsync(others, _ => prevote).ConfigureAwait(false))[quorum - 2];
        agreed += (await StepAsync(all, i => i == proposer ? precommit : storeAndPrecommit).ConfigureAwait(false))[quorum - 1];
        double[] decided = await StepAsync(all, _ => decide).ConfigureAwait(false);
        return new Chained(agreed + Timing.Median(decided), agreed + decided[^1]);
    }

    /// <summary>Milliseconds a block, where every journal writes as many as given, one after the other without a pause.</summary>
    public async Task<double> BatchAsync(Block block, int count)
    {
        var entries = Enumerable.Repeat(Entry(new JournalRecord.Stored(block)), count).ToArray();
        long start = Stopwatch.GetTimestamp();
        long[] ends = await Task.WhenAll(_writers.Select(w => w.Ask<long>(entries))).ConfigureAwait(false);
        return Timing.Milliseconds(start, ends.Max()) / count;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_systems.Select(s => s.Terminate())).ConfigureAwait(false);
        foreach (var journal in _journals)
            JournalConfig.Close(journal);
    }

    private static JournalEntry Entry(params IReadOnlyList<JournalRecord> records) => JournalEntry.Create(Digest.Zero, records);

    /// <summary>Milliseconds from the start until each answered, shortest first; the next step begins when all have.</summary>
    private async Task<double[]> StepAsync(int[] members, Func<int, JournalEntry> entry)
    {
        long start = Stopwatch.GetTimestamp();
        long[] ends = await Task.WhenAll(members.Select(i => _writers[i].Ask<long>(new[] { entry(i) }))).ConfigureAwait(false);
        return [.. ends.Select(end => Timing.Milliseconds(start, end)).Order()];
    }

    private sealed class Writer : ReceivePersistentActor
    {
        private IActorRef _asking = ActorRefs.Nobody;

        public Writer(string persistenceId)
        {
            PersistenceId = persistenceId;
            JournalPluginId = JournalConfig.PluginId(Chain);
            Command<JournalEntry[]>(entries =>
            {
                _asking = Sender;
                int left = entries.Length;
                PersistAll(entries, _ =>
                {
                    if (--left == 0)
                        _asking.Tell(Stopwatch.GetTimestamp());
                });
            });
        }

        public override string PersistenceId { get; }

        public override Recovery Recovery => new(SnapshotSelectionCriteria.None);

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => _asking.Tell(new Status.Failure(cause));

        protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) => _asking.Tell(new Status.Failure(cause));
    }
}
