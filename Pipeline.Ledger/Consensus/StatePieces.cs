using System.Security.Cryptography;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Puts together the state that a journal takes over. A journal may hold the first pieces of a take-over that was cut off, and then the same pieces
/// once more; a take-over begins with an entry.
/// </summary>
internal sealed class StatePieces
{
    private readonly List<(JournalRecord.Piece Piece, long Entry)> _pieces = [];

    /// <param name="entry">Number of the journal's entry that holds the piece.</param>
    public void Add(JournalRecord.Piece piece, long entry)
    {
        if (_pieces is [var earlier, ..] && earlier.Piece.Height != piece.Height)
            _pieces.Clear();
        _pieces.Add((piece, entry));
    }

    /// <summary>The state that the record names, out of the newest pieces; null when they do not make it.</summary>
    public byte[]? Take(JournalRecord.Adopted adopted)
    {
        byte[]? state = null;
        for (int start = 0; start < _pieces.Count && state is null; start++)
        {
            if ((start == 0 || _pieces[start - 1].Entry != _pieces[start].Entry) && DigestFrom(start) == adopted.Content)
                state = From(start);
        }

        _pieces.Clear();
        return state;
    }

    /// <summary>No take-over follows any more.</summary>
    public void Clear() => _pieces.Clear();

    private Digest DigestFrom(int start)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = start; i < _pieces.Count; i++)
            hash.AppendData(_pieces[i].Piece.Bytes);
        return new Digest(hash.GetHashAndReset());
    }

    private byte[] From(int start)
    {
        var state = new byte[_pieces.Skip(start).Sum(p => p.Piece.Bytes.Length)];
        int at = 0;
        for (int i = start; i < _pieces.Count; i++)
        {
            _pieces[i].Piece.Bytes.CopyTo(state, at);
            at += _pieces[i].Piece.Bytes.Length;
        }

        return state;
    }
}
