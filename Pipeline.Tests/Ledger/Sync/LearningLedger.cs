using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Ledger.Sync;
using Pipeline.Tests.Ledger.Rounds;

namespace Pipeline.Tests.Ledger.Sync;

/// <summary>A learning chain of linked, decided blocks, made without replicas, and journals of it.</summary>
internal sealed class LearningLedger
{
    private readonly LearningApplication _application;

    public LearningLedger(TestChain chain)
    {
        Chain = chain;
        _application = chain.Start();
    }

    public TestChain Chain { get; }

    public LearningApplication Application => _application;

    public List<CommittedBlock> Blocks { get; } = [];

    public BlockOutcome Step(params Transaction[] transactions) => Step(block => block, transactions);

    /// <param name="change">What a quorum would have to sign for a block to be so.</param>
    /// <param name="signers">The first so many members decide it.</param>
    public BlockOutcome Step(Func<Block, Block> change, Transaction[] transactions, int signers = 3)
    {
        var honest = Chain.NextBlock(_application, transactions);
        var block = change(honest with { Header = honest.Header with { Parent = Blocks.Count == 0 ? Digest.Zero : Blocks[^1].Block.Id } });
        Blocks.Add(new CommittedBlock(block, Chain.Certify(block.Header, signers).Certificate));
        return _application.Apply(block);
    }

    /// <summary>Every member contributes a payload named after it, and attests a model named after the round.</summary>
    public BlockOutcome PlayRound(string name = "model")
    {
        long round = _application.View.Round.Round;
        Step([.. Chain.Factories.Select(f => f.Create(Chain.Contribute(_application, TestChain.Named($"{round} {f.Member}"))))]);
        var model = TestChain.Named($"{name} {round}");
        return Step([.. Chain.Factories.Select(f => f.Create(new Attestation(round, model, TestChain.Named($"backbone {round}"))))]);
    }

    /// <summary>The journal of a member that saw every block decided.</summary>
    public async Task<ChainJournal> WriteAsync(string file, int seat = 0)
    {
        var journal = new ChainJournal.Sqlite(file);
        string member = Chain.Members[seat].Id;
        await JournalWriter.AppendAsync(journal, Chain.Genesis.Name, JournalConfig.OwnerOf(Chain.Genesis.Name, member), seal =>
        {
            var entries = new List<JournalEntry> { JournalEntry.Create(seal, [new JournalRecord.Founded(member, Chain.Genesis)]) };
            foreach (var block in Blocks)
                entries.Add(JournalEntry.Create(entries[^1].Seal, [new JournalRecord.Stored(block.Block), new JournalRecord.Committed(block.Certificate)]));
            return entries;
        });
        return journal;
    }
}
