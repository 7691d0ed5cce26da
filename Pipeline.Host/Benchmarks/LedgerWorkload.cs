namespace Pipeline.Host.Benchmarks;

/// <summary>How much the benchmark of the ledger does.</summary>
/// <param name="Commits">Transactions committed one at a time; as many before them do not count.</param>
/// <param name="Blocks">Full blocks of small transactions; one before them does not count.</param>
/// <param name="BlockTransactions">Transactions of a full block.</param>
/// <param name="Headers">Certified headers verified, for each size of the member set.</param>
/// <param name="Parameters">Of the model that is aggregated.</param>
/// <param name="Heights">Of the chain that a replica is restarted on.</param>
/// <param name="Repetitions">Of whatever takes long enough to be timed alone.</param>
public sealed record LedgerWorkload(int Commits, int Blocks, int BlockTransactions, int Headers, int Parameters, int Heights, int Repetitions)
{
    public static LedgerWorkload Full { get; } = new(200, 16, Ledger.Blocks.Block.MaxTransactions, 2000, 10_000_000, 10_000, 9);

    public static LedgerWorkload Quick { get; } = Full with { Commits = 40, Blocks = 4, Headers = 400, Repetitions = 3 };
}
