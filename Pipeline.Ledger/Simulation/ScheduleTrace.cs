using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Simulation;

/// <summary>One line for whatever happens in a schedule, for the person who asks why one failed.</summary>
internal static class ScheduleTrace
{
    public static string Describe(in Happening happening) => happening.Kind switch
    {
        HappeningKind.Deliver => $"node {happening.Node} hears from {happening.From}: {Describe(happening.Message!)}",
        HappeningKind.Timeout => $"node {happening.Node}: time-out of {Describe(happening.Timeout)}",
        HappeningKind.Partition or HappeningKind.Stabilize => happening.Kind.ToString(),
        _ => $"node {happening.Node}: {happening.Kind}",
    };

    public static string Describe(ConsensusEffect? effect) => effect switch
    {
        null => "nothing",
        ConsensusEffect.Persist persist => $"write [{string.Join(", ", persist.Records.Select(Describe))}]",
        ConsensusEffect.Broadcast broadcast => Describe(broadcast.Message),
        ConsensusEffect.ScheduleTimeout t => $"{t.Step} {t.Height}/{t.Round}",
        _ => effect.GetType().Name,
    };

    public static string Describe(ChainMessage message) => message switch
    {
        ChainMessage.Propose { Proposal: var p } => $"proposal {p.Height}/{p.Round} of {p.Block.Id.Short}, valid round {p.ValidRound}",
        ChainMessage.Votes votes => string.Join(", ", votes.Items.Select(Describe)),
        ChainMessage.Polka { Certificate: var c } => $"polka {Describe(c)}",
        ChainMessage.Decided { Committed.Certificate: var c } => $"decided {Describe(c)}",
        ChainMessage.Status s =>
            $"status {s.At}/{s.Round} {s.Purpose} [{string.Join(", ", s.Yours.Select(Describe))}; {string.Join(", ", s.YourProposals.Select(p => $"{p.Height}/{p.Round}"))}]",
        _ => $"{message.GetType().Name} {message.Height}",
    };

    private static string Describe(JournalRecord record) => record switch
    {
        JournalRecord.Voted { Vote: var vote } => Describe(vote),
        JournalRecord.Entered entered => $"entered {entered.Height}/{entered.Round}",
        JournalRecord.Proposed p => $"proposed {p.Height}/{p.Round}",
        JournalRecord.Locked { Polka: var c } => $"locked {Describe(c)}",
        JournalRecord.Committed { Certificate: var c } => $"committed {Describe(c)}",
        _ => record.GetType().Name,
    };

    private static string Describe(Vote vote) => $"{vote.Type} {vote.Height}/{vote.Round} {Short(vote.BlockId)} of {vote.Seat}";

    private static string Describe(QuorumCertificate c) => $"{c.Height}/{c.Round} {Short(c.BlockId)} by {c.Signers:b}";

    private static string Short(Digest id) => id.IsZero ? "nil" : id.Short;
}
