using System.Collections.Concurrent;
using Akka.Actor;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Governance;
using Pipeline.Ledger.Sync;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

/// <summary>Replicas of one learning chain, each with its journal, whose members vote: of institutions a, b, c … the first so many found it.</summary>
internal sealed class LearningReplicas : IDisposable
{
    private readonly ReplicaFixture _fixture;
    private readonly Dictionary<int, IActorRef> _replicas = [];
    private readonly ConcurrentDictionary<int, LearningApplication> _applications = [];
    private long _nonce;

    public LearningReplicas(int institutions, int founders, int version = Genesis.CurrentVersion)
    {
        _fixture = new ReplicaFixture(institutions);
        Founders = new MemberSet([.. _fixture.Genesis.Members.Members.Take(founders)]);
        Genesis = _fixture.Genesis with
        {
            Version = version,
            Members = Founders,
            Application = Canonical.Encode(new TestChain(policy: TestChain.Policy with { Quorum = 2 }).Learning),
        };
    }

    public MemberSet Founders { get; }

    public Genesis Genesis { get; }

    public TestNetwork Network => _fixture.Network;

    public IReadOnlyList<Ed25519Signer> Signers => _fixture.Signers;

    public static string Name(int i) => ReplicaFixture.Name(i);

    public LearningView View(int i) => _applications[i].View;

    /// <summary>What the replica's next block is made by; that of the genesis before it runs.</summary>
    public ChainRules Rules(int i) => _applications.TryGetValue(i, out var application) ? application.View.Rules : ChainRules.Of(Genesis);

    public ReplicaSettings Settings(int i) => _fixture.Settings(i) with
    {
        Genesis = Genesis,
        CreateApplication = () => LearningApplication.Create(Genesis, TestChain.Verifier),
        Started = application => _applications[i] = (LearningApplication)application,
    };

    public IActorRef Start(int i, Func<ReplicaSettings, ReplicaSettings>? change = null)
    {
        var settings = Settings(i);
        return _replicas[i] = _fixture.Start(i, Name(i), change?.Invoke(settings) ?? settings);
    }

    public Task StopAsync(int i) => _fixture.StopAsync(i);

    public Task<string> Logged(string text) => _fixture.Logged(text);

    /// <summary>A vote of an institution, which its own replica is told.</summary>
    public Transaction Vote(int i, GovernanceAction action, Ed25519Signer? key = null)
    {
        var vote = new TransactionFactory(Genesis.ChainId, Name(i), key ?? Signers[i])
            .Create(new GovernanceVote(View(i).Governance.Sequence, action), ++_nonce);
        _replicas[i].Tell(new ChainProtocol.Submit(vote));
        return vote;
    }

    /// <summary>The blocks of a replica up to the first that satisfies.</summary>
    public async Task<IReadOnlyList<ChainProtocol.BlockApplied>> Until(int i, Func<ChainProtocol.BlockApplied, bool> last) =>
        await _fixture.SubscribeUntil(_replicas[i], Name(i), last);

    /// <summary>The blocks of all these replicas up to the beginning of the epoch, which are the same.</summary>
    public async Task<IReadOnlyList<ChainProtocol.BlockApplied>> Epoch(long epoch, params int[] members)
    {
        var blocks = await Task.WhenAll(members.Select(i => Until(i, b => b.Outcome.Events.OfType<EpochStarted>().Any(e => e.Epoch == epoch))));
        Assert.Single(blocks.Select(b => (b[^1].Block.Height, b[^1].StateRoot)).Distinct());
        return blocks[0];
    }

    /// <summary>Every journal verifies offline, from the genesis through every epoch and version, and all have the same blocks.</summary>
    public async Task VerifyJournalsAsync(params int[] members)
    {
        foreach (int i in members)
            await StopAsync(i);
        LedgerReader? first = null;
        foreach (int i in members)
        {
            var report = LedgerVerifier.Verify(_fixture.JournalOf(i));
            Assert.True(report.Ok, $"{Name(i)}: {report.FirstBad}");
            Assert.True(LedgerReader.TryOpen(_fixture.JournalOf(i), out var reader, out _));
            first ??= reader;
            Assert.Null(LedgerDiff.Compare(first, reader).First);
        }
    }

    /// <summary>Heights that the institution's journal holds signatures of its own for.</summary>
    public IEnumerable<long> SignedHeights(int i) => Records(i)
        .Select(record => record is JournalRecord.Voted { Vote.Height: var voted } ? voted : record is JournalRecord.Proposed p ? p.Height : 0)
        .Where(height => height > 0);

    /// <summary>The votes of its own that the institution's journal holds, in their order.</summary>
    public IEnumerable<Vote> Votes(int i) => Records(i).OfType<JournalRecord.Voted>().Select(record => record.Vote);

    private IEnumerable<JournalRecord> Records(int i) =>
        JournalReader.Read(_fixture.JournalOf(i)).SelectMany(row => Canonical.Decode<JournalEntry>(row.Bytes).Records);

    public void Dispose() => _fixture.Dispose();
}
