using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;
using Pipeline.Ledger.Sync;
using Pipeline.Tests.Ledger.Journals;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>A chain of n members on one test network, each replica with its own ActorSystem and journal.</summary>
internal sealed class ReplicaFixture : IDisposable
{
    public const string Chain = "counter";

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, ActorSystem> _systems = [];
    private readonly Channel<string> _errors = Channel.CreateUnbounded<string>();
    private long _nonce;

    /// <param name="journals">Go with the fixture; SQLite files where none are given.</param>
    public ReplicaFixture(int members, int heartbeatMs = 3_600_000, TestJournals? journals = null)
    {
        Journals = journals ?? new SqliteJournals();
        Signers = [.. Enumerable.Range(0, members).Select(i => Ed25519Signer.FromSeed([.. Enumerable.Repeat((byte)(i + 1), 32)]))];
        var set = new MemberSet([.. Signers.Select((s, i) => new Member(Name(i), s.PublicKey))]);
        Genesis = new Genesis(
            Genesis.CurrentVersion, Chain, 1_700_000_000_000, set,
            new ConsensusParameters(Block.MaxTransactions, heartbeatMs, 3_600_000), []);
    }

    public TestJournals Journals { get; }

    public IReadOnlyList<Ed25519Signer> Signers { get; }

    public Genesis Genesis { get; }

    public TestNetwork Network { get; } = new();


    public static ConsensusTimeouts Timeouts { get; } = new(
        TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(150),
        TimeSpan.FromMilliseconds(5));

    public static string Name(int i) => $"hospital-{(char)('a' + i)}";

    public ChainJournal JournalOf(int i) => Journals.Of(Name(i));

    public ActorSystem System(int i) => _systems[Name(i)];

    public ReplicaSettings Settings(int i, IPeerNetwork? network = null) => new()
    {
        Genesis = Genesis,
        Member = Name(i),
        Keys = new MemberKeys(Signers[i]),
        CreateApplication = () => new CounterApplication(),
        Network = network ?? Network.Join(Name(i)),
        Timeouts = Timeouts,
    };

    public static ActorSystem CreateSystem(string name, Config journal) => ActorSystem.Create(name, ConfigurationFactory.ParseString("""
        akka.loglevel = WARNING
        akka.stdout-loglevel = WARNING
        akka.log-dead-letters = off
        akka.actor.serialization-settings.allow-unregistered-types = off
        """).WithFallback(LedgerSerializer.Config).WithFallback(journal));

    public IActorRef Start(int i) => Start(i, Name(i), Settings(i));

    /// <param name="system">Another name than the member's starts a second process of the same member on the same journal.</param>
    /// <param name="journal">Another than <see cref="JournalOf"/>: a restored copy.</param>
    /// <param name="plugin">Instead of a journal's: one that misbehaves.</param>
    public IActorRef Start(int i, string system, ReplicaSettings settings, ChainJournal? journal = null, Config? plugin = null)
    {
        _systems[system] = CreateSystem(system, plugin ?? JournalConfig.Create(Chain, journal ?? JournalOf(i)));
        var log = _systems[system].ActorOf(Props.Create(() => new ErrorLog(_errors.Writer)));
        _systems[system].EventStream.Subscribe(log, typeof(Error));
        _systems[system].EventStream.Subscribe(log, typeof(Warning));
        return _systems[system].ActorOf(ReplicaActor.Props(settings), "replica");
    }

    public async Task StopAsync(int i)
    {
        if (_systems.Remove(Name(i), out var system))
            await system.Terminate();
    }

    /// <summary>Completes with the first error or warning that any replica logs, from now on or since the last call, and that holds the text.</summary>
    public async Task<string> Logged(string text)
    {
        using var limit = new CancellationTokenSource(Patience);
        await foreach (string error in _errors.Reader.ReadAllAsync(limit.Token))
        {
            if (error.Contains(text, StringComparison.Ordinal))
                return error;
        }

        throw new InvalidOperationException("the log never ends");
    }

    public Transaction Transaction(byte add, int sender = 0) =>
        Pipeline.Ledger.Blocks.Transaction.Create(Genesis.ChainId, 1, Name(sender), ++_nonce, [add], Signers[sender]);

    /// <summary>Completes with the blocks up to the one that holds the transaction, as the replica applies them.</summary>
    public async Task<IReadOnlyList<ChainProtocol.BlockApplied>> SubscribeUntil(
        IActorRef replica, string system, Func<ChainProtocol.BlockApplied, bool> last, long afterHeight = 0)
    {
        var done = new TaskCompletionSource<IReadOnlyList<ChainProtocol.BlockApplied>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var listener = _systems[system].ActorOf(Props.Create(() => new Listener(done, last)));
        replica.Tell(new ChainProtocol.Subscribe(listener, afterHeight));
        return await done.Task.WaitAsync(Patience);
    }

    public Task<IReadOnlyList<ChainProtocol.BlockApplied>> Applied(IActorRef replica, int i, Transaction transaction) =>
        SubscribeUntil(replica, Name(i), b => b.Block.Block.Transactions.Any(t => t.Id == transaction.Id));

    /// <summary>Whatever a member signed and sent is in its journal: nothing left before it was kept.</summary>
    public void AssertSaidOnlyWhatItKept(int i)
    {
        var kept = new HashSet<(StatementType, long, int, Digest)>();
        foreach (var record in JournalReader.Read(JournalOf(i)).SelectMany(row => Canonical.Decode<JournalEntry>(row.Bytes).Records))
        {
            if (record is JournalRecord.Voted { Vote: var v })
                kept.Add((v.Type, v.Height, v.Round, v.BlockId));
            else if (record is JournalRecord.Proposed p)
                kept.Add((StatementType.Proposal, p.Height, p.Round, p.BlockId));
        }

        var said = Network.SaidBy(i, Name(i)).ToHashSet();
        Assert.NotEmpty(said);
        Assert.Empty(said.Except(kept));
    }

    public void Dispose()
    {
        Task.WhenAll(_systems.Values.Select(s => s.Terminate())).Wait(Patience);
        foreach (var signer in Signers)
            signer.Dispose();
        Journals.Dispose();
    }

    private sealed class ErrorLog : ReceiveActor
    {
        public ErrorLog(ChannelWriter<string> errors) => Receive<LogEvent>(error => errors.TryWrite($"{error.Message}"));
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(TaskCompletionSource<IReadOnlyList<ChainProtocol.BlockApplied>> done, Func<ChainProtocol.BlockApplied, bool> last)
        {
            var blocks = new List<ChainProtocol.BlockApplied>();
            Receive<ChainProtocol.BlockApplied>(applied =>
            {
                blocks.Add(applied);
                if (last(applied))
                    done.TrySetResult([.. blocks]);
            });
            Receive<ChainProtocol.CaughtUp>(_ => { });
        }
    }
}
