using Pipeline.Ledger.Application;
using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Crypto;
using static Pipeline.Ledger.Sync.JournalDifference;

namespace Pipeline.Ledger.Sync;

/// <summary>
/// Compares the blocks of two journals, both verified on the way. Certificates may differ: any n−f precommits decide a block. Votes are
/// each member's own and not compared.
/// </summary>
public static class LedgerDiff
{
    private const string Absent = "–";

    public static JournalDifference Compare(LedgerReader a, LedgerReader b)
    {
        if (a.Genesis.ChainId != b.Genesis.ChainId)
            return new JournalDifference(Begin(a), Begin(b), 0, OfGenesis(a.Genesis, b.Genesis));
        using var left = a.Blocks().GetEnumerator();
        using var right = b.Blocks().GetEnumerator();
        long heightA = 0, heightB = 0, equal = 0;
        Divergence? first = null;
        bool moreA = left.MoveNext(), moreB = right.MoveNext();
        while (moreA || moreB)
        {
            // A journal that went on from a snapshot lacks the blocks below it: what the other has there is passed over.
            int order = !moreA ? 1 : !moreB ? -1 : left.Current.Height.CompareTo(right.Current.Height);
            if (order == 0 && first is null)
            {
                first = OfBlocks(left.Current, right.Current);
                if (first is null)
                    equal = left.Current.Height;
            }

            if (order <= 0)
            {
                heightA = left.Current.Height;
                moreA = left.MoveNext();
            }

            if (order >= 0)
            {
                heightB = right.Current.Height;
                moreB = right.MoveNext();
            }
        }

        return new JournalDifference(Begin(a) with { Height = heightA }, Begin(b) with { Height = heightB }, equal, first);
    }

    private static Side Begin(LedgerReader reader) =>
        new(reader.Journal.Name, reader.Genesis.Name, reader.Genesis.ChainId, reader.Member, 0, reader.FirstBad);

    private static Divergence OfGenesis(Genesis a, Genesis b) => new(
        0, a.ChainId, b.ChainId,
        Differing(
            ("name", a.Name, b.Name), ("time", $"{a.Time}", $"{b.Time}"), ("members", Ids(a.Members), Ids(b.Members)),
            ("members hash", $"{a.Members.Hash}", $"{b.Members.Hash}"), ("parameters", $"{a.Parameters}", $"{b.Parameters}"),
            ("application", $"{Digest.Of(a.Application)}", $"{Digest.Of(b.Application)}")),
        []);

    private static Divergence? OfBlocks(AppliedBlock a, AppliedBlock b)
    {
        if (a.Block.Id == b.Block.Id)
            return null;
        // What is equal below makes the members of this height equal; a journal that begins at a snapshot may have nothing below.
        var members = a.Members;
        ulong both = members.Hash == b.Members.Hash ? a.Committed.Certificate.Signers & b.Committed.Certificate.Signers : 0;
        return new Divergence(
            a.Height, a.Block.Id, b.Block.Id,
            [.. OfHeaders(a.Block.Header, b.Block.Header, members, b.Members), .. OfTransactions(a.Block, b.Block)],
            [.. Enumerable.Range(0, members.Count).Where(seat => (both >> seat & 1) != 0).Select(seat => members[seat].Id)]);
    }

    private static List<Field> OfHeaders(BlockHeader a, BlockHeader b, MemberSet membersOfA, MemberSet membersOfB) => Differing(
        ("version", $"{a.Version}", $"{b.Version}"),
        ("epoch", $"{a.Epoch}", $"{b.Epoch}"),
        ("time", $"{a.Time}", $"{b.Time}"),
        ("parent", $"{a.Parent}", $"{b.Parent}"),
        ("transactions root", $"{a.TransactionsRoot}", $"{b.TransactionsRoot}"),
        ("outbox root", $"{a.OutboxRoot}", $"{b.OutboxRoot}"),
        ("state root", $"{a.StateRoot}", $"{b.StateRoot}"),
        ("evidence root", $"{a.EvidenceRoot}", $"{b.EvidenceRoot}"),
        ("members hash", $"{a.MembersHash}", $"{b.MembersHash}"),
        ("next members hash", $"{a.NextMembersHash}", $"{b.NextMembersHash}"),
        ("parameters hash", $"{a.ParametersHash}", $"{b.ParametersHash}"),
        ("proposer", membersOfA[a.Proposer].Id, membersOfB[b.Proposer].Id));

    private static IEnumerable<Field> OfTransactions(Block a, Block b)
    {
        var inA = a.Transactions.Select(t => t.Id).ToHashSet();
        var inB = b.Transactions.Select(t => t.Id).ToHashSet();
        foreach (var only in a.Transactions.Where(t => !inB.Contains(t.Id)))
            yield return new Field("transaction", Describe(only), Absent);
        foreach (var only in b.Transactions.Where(t => !inA.Contains(t.Id)))
            yield return new Field("transaction", Absent, Describe(only));
    }

    private static string Describe(Transaction t) => $"{LearningTransactions.NameOf(t.Kind)} of {t.Sender}, {t.Id}";

    private static string Ids(MemberSet members) => string.Join(", ", members.Members.Select(m => m.Id));

    private static List<Field> Differing(params ReadOnlySpan<(string Name, string A, string B)> fields)
    {
        var differing = new List<Field>();
        foreach (var (name, a, b) in fields)
        {
            if (a != b)
                differing.Add(new Field(name, a, b));
        }

        return differing;
    }
}
