using System.Diagnostics;
using System.Threading.Channels;
using Akka.Actor;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Network;

namespace Pipeline.Host.Benchmarks;

/// <summary>
/// A chain of four members in this process, as sites run it: an actor system and a SQLite journal each (WAL, flushed at every commit), joined by
/// the in-process hub. A height begins as soon as a transaction waits.
/// </summary>
internal sealed class BenchmarkChain : IAsyncDisposable
{
    public const int MemberCount = 4;

    private const string Name = "bench";
    private const long Hour = 3_600_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // Consensus never waits for a clock unless a message is lost.
    private static readonly ConsensusTimeouts Timeouts = ConsensusTimeouts.Default with { BlockInterval = TimeSpan.Zero };

    private readonly ChainJournal[] _journals;
    private readonly Ed25519Signer[] _signers;
    private readonly ActorSystem[] _systems;
    private readonly IPeerNetwork[] _networks;
    private readonly IActorRef[] _replicas;
    private readonly IActorRef[] _listeners;
    private readonly Channel<AppliedBlock>[] _applied;
    private long _nonce;

    /// <param name="folder">For the journals.</param>
    /// <param name="blockTransactions">Transactions that a block may hold.</param>
    public BenchmarkChain(string folder, int blockTransactions)
    {
        _signers = [.. Enumerable.Range(0, MemberCount).Select(_ => Ed25519Signer.Create())];
        Genesis = new Genesis(
            Genesis.CurrentVersion, Name, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - Hour,
            new MemberSet([.. _signers.Select((s, i) => new Member($"member-{i}", s.PublicKey))]),
            new ConsensusParameters(blockTransactions, HeartbeatMs: (int)Hour, MaxClockDriftMs: (int)Hour), []);
        var hub = new InProcessPeerHub();
        _journals = [.. Genesis.Members.Members.Select(m => new ChainJournal.Sqlite(Path.Combine(folder, m.Id, "journal.db")))];
        _networks = [.. Genesis.Members.Members.Select(m => hub.Join(m.Id))];
        _applied = [.. _signers.Select(_ => Channel.CreateUnbounded<AppliedBlock>())];
        _systems = [.. Genesis.Members.Members.Select((m, i) => BenchmarkSystem.Create(m.Id, Name, _journals[i]))];
        _replicas = [.. _systems.Select((system, i) => system.ActorOf(ReplicaActor.Props(Settings(i)), "replica"))];
        _listeners = [.. _systems.Select((system, i) => system.ActorOf(Props.Create(() => new Listener(_applied[i].Writer))))];
        for (int i = 0; i < MemberCount; i++)
            _replicas[i].Tell(new ChainProtocol.Subscribe(_listeners[i], 0));
    }

    /// <param name="At">Stopwatch time at which the member's subscriber heard of it.</param>
    public sealed record AppliedBlock(long At, CommittedBlock Block);

    public Genesis Genesis { get; }

    public (ActorSystem System, IPeerNetwork Network) this[int member] => (_systems[member], _networks[member]);

    /// <summary>A signed transaction that no other equals, with a body of eight bytes.</summary>
    public Transaction Transaction(int sender) => Ledger.Blocks.Transaction.Create(
        Genesis.ChainId, 1, Genesis.Members[sender].Id, ++_nonce, BitConverter.GetBytes(_nonce), _signers[sender]);

    public void Submit(int member, Transaction transaction) => _replicas[member].Tell(new ChainProtocol.Submit(transaction), _listeners[member]);

    /// <summary>The member's next block.</summary>
    /// <exception cref="TimeoutException">The chain stands still.</exception>
    /// <exception cref="InvalidOperationException">The member refused a transaction.</exception>
    public async Task<AppliedBlock> NextAsync(int member, CancellationToken stop) =>
        await _applied[member].Reader.ReadAsync(stop).AsTask().WaitAsync(Patience, stop).ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_systems.Select(s => s.Terminate())).ConfigureAwait(false);
        foreach (var journal in _journals)
            JournalConfig.Close(journal);
        foreach (var signer in _signers)
            signer.Dispose();
    }

    private ReplicaSettings Settings(int i) => new()
    {
        Genesis = Genesis,
        Member = Genesis.Members[i].Id,
        Keys = new MemberKeys(_signers[i]),
        CreateApplication = () => new DigestApplication(),
        Network = _networks[i],
        Timeouts = Timeouts,
    };

    private sealed class Listener : ReceiveActor
    {
        public Listener(ChannelWriter<AppliedBlock> applied)
        {
            Receive<ChainProtocol.BlockApplied>(block => applied.TryWrite(new AppliedBlock(Stopwatch.GetTimestamp(), block.Block)));
            Receive<ChainProtocol.SubmitRefused>(refused => applied.TryComplete(new InvalidOperationException(refused.Reason)));
            Receive<ChainProtocol.SubmitAccepted>(_ => { });
            Receive<ChainProtocol.CaughtUp>(_ => { });
        }
    }
}
