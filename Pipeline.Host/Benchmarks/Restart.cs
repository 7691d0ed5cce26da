using System.Diagnostics;
using Akka.Actor;
using Akka.Persistence;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Payloads;
using Pipeline.Ledger.Snapshots;

namespace Pipeline.Host.Benchmarks;

/// <summary>
/// From nothing to a replica that answers where it stands: its actor system, its journal, its newest snapshot, and the replay of what follows. The
/// journal is that of a member of four, a small transaction a block; the snapshot is as old as it ever gets, one interval.
/// </summary>
internal static class Restart
{
    private const int MemberCount = 4;
    private const int Seat = 0;
    private const int BlockMs = 1000;
    private const string Chain = "restart";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static async Task<Figure> MeasureAsync(string folder, LedgerWorkload workload, CancellationToken stop)
    {
        Ed25519Signer[] signers = [.. Enumerable.Range(0, MemberCount).Select(_ => Ed25519Signer.Create())];
        try
        {
            var genesis = new Genesis(
                Genesis.CurrentVersion, Chain, 1_700_000_000_000,
                new MemberSet([.. signers.Select((s, i) => new Member($"member-{i}", s.PublicKey))]), ConsensusParameters.Default, []);
            var snapshots = new SnapshotSettings(
                Path.Combine(folder, "snapshots"), new FilePayloadStore(Path.Combine(folder, "payloads")), SnapshotPolicy.Default.Interval, 1);
            var journal = new ChainJournal.Sqlite(Path.Combine(folder, "journal.db"));
            int snapshot = Math.Max(1, workload.Heights - SnapshotPolicy.Default.Interval);
            await FillAsync(journal, Entries(genesis, signers, workload.Heights, snapshot, snapshots)).ConfigureAwait(false);

            List<double> times = [];
            for (int i = 0; i < workload.Repetitions; i++)
            {
                stop.ThrowIfCancellationRequested();
                times.Add(await StartAsync(genesis, signers[Seat], journal, snapshots, workload.Heights).ConfigureAwait(false));
            }

            double whole = await StartAsync(genesis, signers[Seat], journal, null, workload.Heights).ConfigureAwait(false);
            return new Figure("restart", "ms", Timing.Median(times), null, new Bar(BarKind.ValueAtMost, 3000), new Dictionary<string, double>
            {
                ["heights"] = workload.Heights,
                ["replayedBlocks"] = workload.Heights - snapshot,
                ["slowestMs"] = times.Max(),
                ["wholeJournalMs"] = whole,
            });
        }
        finally
        {
            foreach (var signer in signers)
                signer.Dispose();
        }
    }

    private static async Task<double> StartAsync(
        Genesis genesis, Ed25519Signer signer, ChainJournal journal, SnapshotSettings? snapshots, int height)
    {
        long start = Stopwatch.GetTimestamp();
        string member = genesis.Members[Seat].Id;
        var system = BenchmarkSystem.Create(member, Chain, journal);
        try
        {
            var replica = system.ActorOf(ReplicaActor.Props(new ReplicaSettings
            {
                Genesis = genesis,
                Member = member,
                Keys = new MemberKeys(signer),
                CreateApplication = () => new DigestApplication(),
                Network = new InProcessPeerHub().Join(member),
                Snapshots = snapshots,
            }));
            var status = await replica.Ask<ChainProtocol.ChainStatus>(ChainProtocol.GetStatus.Instance, Patience).ConfigureAwait(false);
            double took = Timing.Milliseconds(start, Stopwatch.GetTimestamp());
            return status.Height == height
                ? took
                : throw new InvalidOperationException($"the replica began at height {status.Height}, not {height}");
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
            JournalConfig.Close(journal);
        }
    }

    /// <summary>What a member that never proposes writes: its prevote; the block, its lock and its precommit; the decision.</summary>
    private static IEnumerable<JournalEntry> Entries(
        Genesis genesis, Ed25519Signer[] signers, int heights, int snapshot, SnapshotSettings settings)
    {
        var application = new DigestApplication();
        var window = new ReplayWindow();
        var seal = Digest.Zero;
        var parent = Digest.Zero;
        long written = 0;
        (byte[] Content, long Entry, Digest Seal)? captured = null;
        yield return Seal(new JournalRecord.Founded(genesis.Members[Seat].Id, genesis));
        for (int height = 1; height <= heights; height++)
        {
            Transaction[] transactions = [Transaction.Create(genesis.ChainId, 1, genesis.Members[1].Id, height, BitConverter.GetBytes(height), signers[1])];
            var members = genesis.Members.Hash;
            var block = new Block(
                new BlockHeader(
                    ChainRules.Of(genesis).Version, genesis.ChainId, 0, height, genesis.Time + (long)height * BlockMs, parent, Block.RootOf(transactions),
                    application.OutboxRoot, application.StateRoot, MerkleTree.Root([]), members, members, genesis.Parameters.Hash, 1),
                transactions, []);
            var polka = Certify(StatementType.Prevote, block, signers);
            var commit = Certify(StatementType.Precommit, block, signers);
            yield return Seal(new JournalRecord.Voted(VoteOf(polka)));
            yield return Seal(new JournalRecord.Stored(block), new JournalRecord.Locked(polka), new JournalRecord.Voted(VoteOf(commit)));
            yield return Seal(new JournalRecord.Committed(commit));
            if (captured is { } state)
            {
                var next = new CertifiedHeader(block.Header, commit);
                SnapshotFolder.Open(settings.Folder, settings.Store, settings.Keep, out _)
                    .Add(new SnapshotEntry(next, Digest.Of(state.Content), state.Content.Length, state.Entry, state.Seal), state.Content);
                captured = null;
            }

            application.Apply(block);
            window.Add(RecentBlock.Of(block));
            parent = block.Id;
            if (height == snapshot)
                captured = (Canonical.Encode(new ChainSnapshot([.. window.Blocks], application.Save())), written, seal);
        }

        JournalEntry Seal(params JournalRecord[] records)
        {
            var entry = JournalEntry.Create(seal, records);
            seal = entry.Seal;
            written++;
            return entry;
        }
    }

    private static QuorumCertificate Certify(StatementType type, Block block, Ed25519Signer[] signers)
    {
        int quorum = MemberCount - (MemberCount - 1) / 3;
        var statement = SignedStatement.Bytes(type, block.Header.ChainId, 0, block.Header.Height, 0, block.Id);
        return new QuorumCertificate(
            type, 0, block.Header.Height, 0, block.Id, (1UL << quorum) - 1, [.. signers.Take(quorum).Select(s => s.Sign(statement))]);
    }

    private static Vote VoteOf(QuorumCertificate certificate) =>
        new(certificate.Type, certificate.Height, certificate.Round, certificate.BlockId, Seat, certificate.Signatures[Seat]);

    private static async Task FillAsync(ChainJournal journal, IEnumerable<JournalEntry> entries)
    {
        var system = BenchmarkSystem.Create("filler", Chain, journal);
        try
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            system.ActorOf(Props.Create(() => new Filler(entries.GetEnumerator(), done)));
            await done.Task.WaitAsync(Patience).ConfigureAwait(false);
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
            JournalConfig.Close(journal);
        }
    }

    private sealed class Filler : ReceivePersistentActor
    {
        private const int Batch = 300;

        private readonly IEnumerator<JournalEntry> _entries;
        private readonly TaskCompletionSource _done;

        public Filler(IEnumerator<JournalEntry> entries, TaskCompletionSource done)
        {
            _entries = entries;
            _done = done;
            JournalPluginId = JournalConfig.PluginId(Chain);
            Recover<RecoveryCompleted>(_ => Self.Tell(More.Instance));
            Command<More>(_ => Write());
        }

        public override string PersistenceId => JournalConfig.OwnerOf(Chain, $"member-{Seat}");

        public override Recovery Recovery => new(SnapshotSelectionCriteria.None);

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => _done.TrySetException(cause);

        private void Write()
        {
            var batch = new List<JournalEntry>(Batch);
            while (batch.Count < Batch && _entries.MoveNext())
                batch.Add(_entries.Current);
            if (batch.Count == 0)
            {
                _entries.Dispose();
                _done.TrySetResult();
                return;
            }

            int left = batch.Count;
            PersistAll(batch, _ =>
            {
                if (--left == 0)
                    Self.Tell(More.Instance);
            });
        }

        private sealed record More
        {
            public static More Instance { get; } = new();
        }
    }
}
