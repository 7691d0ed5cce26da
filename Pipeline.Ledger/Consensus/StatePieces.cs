using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Puts together the state that a journal takes over. A journal may hold the first pieces of a take-over that was cut off, and then the same pieces
/// once more.
/// </summary>
internal sealed class StatePieces
{
    private readonly List<JournalRecord.Piece> _pieces = [];

    public void Add(JournalRecord.Piece piece)
    {
        if (_pieces is [var earlier, ..] && earlier.Height != piece.Height)
            _pieces.Clear();
        _pieces.Add(piece);
    }

    /// <summary>The state that the record names, out of the newest pieces; null when they do not make it.</summary>
    public byte[]? Take(JournalRecord.Adopted adopted)
    {
        byte[] all = [.. _pieces.SelectMany(p => p.Bytes)];
        int[] sizes = [.. _pieces.Select(p => p.Bytes.Length)];
        _pieces.Clear();
        int at = 0;
        foreach (int size in sizes)
        {
            if (Digest.Of(all.AsSpan(at)) == adopted.Content)
                return at == 0 ? all : all[at..];
            at += size;
        }

        return null;
    }
}
