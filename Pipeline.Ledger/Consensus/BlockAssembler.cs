using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Snapshots;

namespace Pipeline.Ledger.Consensus;

/// <summary>Makes and judges the blocks of the next height on top of the applied chain. Pure but for the clock it is given.</summary>
internal sealed class BlockAssembler(
    Genesis genesis, IChainApplication application, Mempool mempool, ISignatureVerifier verifier, Func<long> clock) : IBlockRules
{
    // Leaves room for the header, the evidence and the certificates around a block.
    private const int MaxTransactionBytes = Block.MaxBytes - Block.MaxEvidence * (Block.MaxEvidenceBytes + 16) - 64 * 1024;

    private BlockHeader? _last;
    private Digest _outboxRoot = application.OutboxRoot;

    public long NextHeight => (_last?.Height ?? 0) + 1;

    /// <summary>Of the next block.</summary>
    public ChainRules Rules { get; private set; } = application.Rules ?? ChainRules.Of(genesis);

    /// <summary>Of the applied chain; asked of the application once a block, because a model is large.</summary>
    public Digest StateRoot { get; private set; } = application.StateRoot;

    /// <summary>Proved faults for the next block.</summary>
    public EvidencePool Evidence { get; } = new(genesis.ChainId, application.Rules ?? ChainRules.Of(genesis), verifier);

    /// <summary>The newest blocks, as far as later ones are judged by them.</summary>
    public ReplayWindow Window { get; } = new();

    public bool IsCommitted(Transaction transaction) => Window.Contains(transaction);

    public Block Build(int proposer)
    {
        var transactions = mempool.Take(genesis.Parameters.MaxTransactionsPerBlock, MaxTransactionBytes);
        byte[][] evidence = [.. Evidence.Waiting.Select(Canonical.Encode)];
        long time = Math.Max(clock(), PreviousTime + 1);
        var header = new BlockHeader(
            Rules.Version, genesis.ChainId, Rules.Epoch, NextHeight, time, _last?.Id ?? Digest.Zero, Block.RootOf(transactions), _outboxRoot,
            StateRoot, MerkleTree.Root(evidence), Rules.Members.Hash, Rules.NextMembers.Hash, genesis.Parameters.Hash, proposer);
        return new Block(header, transactions, evidence);
    }

    public string? Validate(Block block)
    {
        var header = block.Header;
        if (header.Version != Rules.Version)
            return $"version {header.Version} is not {Rules.Version}";
        if (header.ChainId != genesis.ChainId || header.Epoch != Rules.Epoch || header.Height != NextHeight)
            return $"chain {header.ChainId.Short}, epoch {header.Epoch}, height {header.Height} is not the next block";
        if (header.Parent != (_last?.Id ?? Digest.Zero))
            return $"parent {header.Parent.Short} is not the last block";
        if (header.Time <= PreviousTime)
            return $"time {header.Time} is not after {PreviousTime}";
        if (header.StateRoot != StateRoot || header.OutboxRoot != _outboxRoot)
            return $"state {header.StateRoot.Short} after height {application.Height} is {StateRoot.Short} here";
        if (header.MembersHash != Rules.Members.Hash || header.NextMembersHash != Rules.NextMembers.Hash)
            return $"not the members of epoch {Rules.Epoch}";
        if (header.ParametersHash != genesis.Parameters.Hash)
            return "not the parameters of this chain";
        if (header.Proposer >= Rules.Members.Count)
            return $"proposer's seat {header.Proposer} is beyond the {Rules.Members.Count} members";
        return block.VerifyRoots() ?? ValidateTransactions(block) ?? Evidence.Validate(block.Evidence);
    }

    public bool IsTimely(Block block) => Math.Abs(block.Header.Time - clock()) <= genesis.Parameters.MaxClockDriftMs;

    /// <summary>The block was decided and executed.</summary>
    public void Applied(Block block)
    {
        _last = block.Header;
        StateRoot = application.StateRoot;
        _outboxRoot = application.OutboxRoot;
        Window.Add(RecentBlock.Of(block));
        long epoch = Rules.Epoch;
        Rules = application.Rules ?? Rules;
        foreach (var transaction in block.Transactions)
            mempool.Remove(transaction.Id);
        Evidence.Applied(block, Rules);
        // Who left signs no transaction any more, and who changed its key signed those that wait with the old one.
        if (Rules.Epoch != epoch)
            mempool.Retain(t => t.Verify(genesis.ChainId, Rules.Members, verifier) is null);
    }

    /// <summary>The application has taken over the snapshot's state: the chain goes on from there.</summary>
    public void Restore(ChainSnapshot snapshot)
    {
        _last = snapshot.Last;
        StateRoot = application.StateRoot;
        _outboxRoot = application.OutboxRoot;
        Rules = application.Rules ?? Rules;
        Window.Reset(snapshot.Blocks);
        Evidence.Reset(snapshot.Blocks, Rules);
    }

    private long PreviousTime => _last?.Time ?? genesis.Time;

    private string? ValidateTransactions(Block block)
    {
        if (block.Transactions.Count > genesis.Parameters.MaxTransactionsPerBlock)
            return $"{block.Transactions.Count} transactions where {genesis.Parameters.MaxTransactionsPerBlock} may be";
        var seen = new HashSet<Digest>();
        foreach (var transaction in block.Transactions)
        {
            if (!seen.Add(transaction.Id) || Window.Contains(transaction))
                return $"transaction {transaction.Id.Short} is in the chain already";
            if (!mempool.Contains(transaction.Id) && transaction.Verify(genesis.ChainId, Rules.Members, verifier) is { } fault)
                return $"transaction {transaction.Id.Short}: {fault}";
        }

        return null;
    }
}
