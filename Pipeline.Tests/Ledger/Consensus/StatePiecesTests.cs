using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Bridge;
using Pipeline.Ledger.Consensus;
using Pipeline.Ledger.Crypto;
using Xunit;

namespace Pipeline.Tests.Ledger.Consensus;

public sealed class StatePiecesTests
{
    private static readonly byte[] State = [1, 2, 3, 4, 5];

    [Theory]
    [InlineData("8:12 8:345")]
    [InlineData("8:12 8:12 8:345")]
    [InlineData("8:12 8:12 8:12 8:345")]
    [InlineData("4:9 4:12 8:12 8:345")]
    [InlineData("8:1+2 8:1+2 8:34+5")]
    public void The_newest_pieces_make_the_state_whatever_was_cut_off_before(string journal) => Assert.Equal(State, Take(journal));

    [Theory]
    [InlineData("")]
    [InlineData("8:12")]
    [InlineData("8:12 4:345")]
    [InlineData("8:12 8:345 8:9")]
    [InlineData("8:345 8:12")]
    [InlineData("8:12+12 8:345")]
    public void Other_pieces_make_none(string journal) => Assert.Null(Take(journal));

    [Fact]
    public void What_was_taken_is_gone()
    {
        var pieces = new StatePieces();
        pieces.Add(new JournalRecord.Piece(8, State), 2);
        Assert.NotNull(pieces.Take(Adopted));
        Assert.Null(pieces.Take(Adopted));
    }

    private static JournalRecord.Adopted Adopted { get; } = new(
        new CertifiedHeader(
            new BlockHeader(1, default, 0, 9, 1, default, default, default, default, default, default, default, default, 0),
            new QuorumCertificate(StatementType.Precommit, 0, 9, 0, default, 0, [])),
        Digest.Of(State));

    /// <param name="journal">An entry a word: height, and its pieces.</param>
    private static byte[]? Take(string journal)
    {
        var pieces = new StatePieces();
        string[][] entries = [.. journal.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(entry => entry.Split(':'))];
        for (int i = 0; i < entries.Length; i++)
        {
            foreach (string piece in entries[i][1].Split('+'))
                pieces.Add(new JournalRecord.Piece(int.Parse(entries[i][0]), [.. piece.Select(c => (byte)(c - '0'))]), i);
        }

        return pieces.Take(Adopted);
    }
}
