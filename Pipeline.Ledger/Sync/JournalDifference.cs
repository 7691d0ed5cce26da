using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Sync;

/// <summary>Where two journals of a chain part, and in what.</summary>
/// <param name="EqualThrough">The last height up to which both hold the same blocks.</param>
/// <param name="First">The first difference; null when the shorter is the beginning of the longer.</param>
public sealed record JournalDifference(
    JournalDifference.Side A, JournalDifference.Side B, long EqualThrough, JournalDifference.Divergence? First)
{
    /// <summary>Nothing differs, and both are whole.</summary>
    public bool Agrees => First is null && A.FirstBad is null && B.FirstBad is null;

    /// <param name="Height">The last block that could be verified.</param>
    public sealed record Side(string Journal, string Chain, Digest ChainId, string Member, long Height, BadRecord? FirstBad);

    /// <param name="Height">0 when the genesis itself differs.</param>
    /// <param name="SignedBoth">Members whose precommits decide both blocks: the chain forked, and they signed both sides.</param>
    public sealed record Divergence(long Height, Digest A, Digest B, IReadOnlyList<Field> Fields, IReadOnlyList<string> SignedBoth);

    /// <param name="A">As text; a dash where this side has none.</param>
    public sealed record Field(string Name, string A, string B);
}
