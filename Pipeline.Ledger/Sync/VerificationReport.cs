using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Sync;

/// <summary>What the offline check of one journal found.</summary>
/// <param name="Chain">The chain's name; empty where the genesis could not be read.</param>
/// <param name="Height">The last height verified.</param>
/// <param name="Records">Journal rows read and found good.</param>
public sealed record VerificationReport(
    ChainJournal Journal, string Chain, Digest ChainId, string Member, long Height, long Records, BadRecord? FirstBad)
{
    public bool Ok => FirstBad is null;
}
