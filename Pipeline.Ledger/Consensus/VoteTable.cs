using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>The votes of one type in one round, by seat; the first vote of a seat counts.</summary>
internal sealed class VoteTable(StatementType type, long height, int round, int members, int quorum)
{
    private readonly Vote?[] _votes = new Vote?[members];
    private QuorumCertificate? _certificate;

    public int Count { get; private set; }

    /// <summary>The block (zero: nil) with a quorum of votes; null while there is none.</summary>
    public Digest? QuorumId { get; private set; }

    public Vote? this[int seat] => _votes[seat];

    /// <summary>True when this vote completed a quorum.</summary>
    public bool Add(Vote vote)
    {
        _votes[vote.Seat] = vote;
        Count++;
        if (QuorumId is not null)
            return false;
        int same = 0;
        foreach (var other in _votes)
        {
            if (other is not null && other.BlockId == vote.BlockId)
                same++;
        }

        if (same < quorum)
            return false;
        QuorumId = vote.BlockId;
        return true;
    }

    /// <summary>Takes a verified certificate; equivocators may have shown this member other votes than those in it.</summary>
    public bool Accept(QuorumCertificate certificate)
    {
        _certificate ??= certificate;
        bool first = QuorumId is null;
        QuorumId ??= certificate.BlockId;
        return first;
    }

    public IEnumerable<Vote> All => _votes.Where(v => v is not null)!;

    /// <summary>The certificate for <see cref="QuorumId"/>.</summary>
    public QuorumCertificate Certify(long epoch)
    {
        if (_certificate is not null)
            return _certificate;
        var id = QuorumId ?? throw new InvalidOperationException("no quorum to certify");
        ulong signers = 0;
        var signatures = new List<byte[]>(_votes.Length);
        for (int seat = 0; seat < _votes.Length; seat++)
        {
            if (_votes[seat] is not { } vote || vote.BlockId != id)
                continue;
            signers |= 1UL << seat;
            signatures.Add(vote.Signature);
        }

        return _certificate = new QuorumCertificate(type, epoch, height, round, id, signers, signatures);
    }
}
