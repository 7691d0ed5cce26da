using System.Diagnostics.CodeAnalysis;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Sync;

/// <summary>Reads a journal offline, block by block and verified; it stops at the first record that is not what was written.</summary>
public sealed class LedgerReader
{
    private LedgerReader(ChainJournal journal, Genesis genesis, string member, string persistenceId)
    {
        Journal = journal;
        Genesis = genesis;
        Member = member;
        PersistenceId = persistenceId;
    }

    public ChainJournal Journal { get; }

    public Genesis Genesis { get; }

    /// <summary>Whose replica wrote it.</summary>
    public string Member { get; }

    /// <summary>Where the enumeration of <see cref="Blocks"/> had to stop; null while it has not.</summary>
    public BadRecord? FirstBad { get; private set; }

    internal string PersistenceId { get; }

    /// <summary>Reads the genesis; false when there is no journal or its first record is not whole.</summary>
    public static bool TryOpen(ChainJournal journal, [NotNullWhen(true)] out LedgerReader? reader, [NotNullWhen(false)] out string? fault)
    {
        reader = null;
        fault = "the journal is empty";
        foreach (var (row, unreadable) in JournalReader.TryRead(journal))
        {
            var walk = new JournalWalk(new Ed25519Verifier());
            fault = row is null ? unreadable! : walk.Next(row);
            if (fault is null)
                reader = new LedgerReader(journal, walk.Genesis!, walk.Member!, row!.PersistenceId);
            break;
        }

        return reader is not null;
    }

    /// <summary>The committed blocks in order, read as they are asked for.</summary>
    public IEnumerable<AppliedBlock> Blocks()
    {
        var walk = new JournalWalk(new Ed25519Verifier(), application: LedgerVerifier.ApplicationOf);
        foreach (var (row, unreadable) in JournalReader.TryRead(Journal))
        {
            var members = walk.Rules?.Members;
            if ((row is null ? unreadable : walk.Next(row)) is { } fault)
            {
                FirstBad = new BadRecord(walk.Records + 1, walk.HeightOfWork, fault);
                yield break;
            }

            if (walk.Committed is { } committed)
                yield return new AppliedBlock(committed, members!, walk.Outcome);
        }
    }
}
