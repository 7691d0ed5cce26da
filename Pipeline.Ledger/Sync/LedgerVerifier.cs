using System.Data.Common;
using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Sync;

/// <summary>
/// Checks journals offline, without Akka: every row decodes canonically and carries the seal that chains it to the one before; sequence
/// numbers have no gap; blocks link, have their roots, signed transactions and a quorum certificate of the genesis members; replaying them
/// gives the state that their headers name; own votes verify and none contradicts another.
/// </summary>
public static class LedgerVerifier
{
    /// <param name="trusted">Blocks up to this one are taken on its hash alone, without signatures; null verifies everything.</param>
    public static VerificationReport Verify(ChainJournal journal, TrustedHeader? trusted = null)
    {
        var walk = new JournalWalk(new Ed25519Verifier(), trusted, ApplicationOf);
        foreach (var (row, unreadable) in JournalReader.TryRead(journal))
        {
            if (row is null)
                return Report(new BadRecord(walk.Records + 1, walk.Height, $"it cannot be read on: {unreadable}"));
            if (walk.Next(row) is { } fault)
                return Report(new BadRecord(walk.Records + 1, walk.HeightOfWork, fault));
        }

        return Report(walk.Records == 0 ? new BadRecord(0, 0, "the journal is empty") : CheckWhole(journal, walk, trusted));

        VerificationReport Report(BadRecord? bad) => new(
            journal, walk.Genesis?.Name ?? "", walk.Genesis?.ChainId ?? Digest.Zero, walk.Member ?? "", walk.Height, walk.Records, bad);
    }

    /// <summary>A learning chain in the state of its genesis; null for another application.</summary>
    /// <exception cref="ArgumentException">A learning chain whose policy its members cannot meet.</exception>
    internal static IChainApplication? ApplicationOf(Genesis genesis) =>
        Canonical.TryDecode<LearningGenesis>(genesis.Application, out _, out _) ? LearningApplication.Create(genesis, new Ed25519Verifier()) : null;

    private static BadRecord? CheckWhole(ChainJournal journal, JournalWalk walk, TrustedHeader? trusted)
    {
        if (trusted is not null && !walk.TrustReached)
            return new BadRecord(0, walk.Height, $"the trusted header {trusted.Id} is not in this journal, which ends at height {walk.Height}");
        try
        {
            return JournalReader.CheckPages(journal) is { } pages
                ? new BadRecord(0, walk.Height, $"the records are whole but the SQLite file is damaged: {pages}")
                : null;
        }
        catch (DbException e)
        {
            return new BadRecord(0, walk.Height, $"the records are whole but the file is not: {e.Message}");
        }
    }
}
