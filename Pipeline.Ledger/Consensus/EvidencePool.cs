using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Proved equivocations: those that wait for a block and those that are in one. The chain records one for each member; a further one only if
/// it was committed above the block that holds the one before, and it rides along with a block that is made anyway. So a faulty member cannot
/// grow the chain at will.
/// </summary>
internal sealed class EvidencePool(Genesis genesis, ISignatureVerifier verifier)
{
    private readonly SortedDictionary<int, Equivocation> _waiting = [];

    // By seat: the height of the block with its newest evidence.
    private readonly Dictionary<int, long> _recorded = [];
    private long _height;

    /// <summary>By seat, at most one block's worth.</summary>
    public IReadOnlyList<Equivocation> Waiting => [.. _waiting.Values.Take(Block.MaxEvidence)];

    /// <summary>A member's first proved fault waits: reason enough for a block.</summary>
    public bool WantsBlock => _waiting.Keys.Any(seat => !_recorded.ContainsKey(seat));

    /// <summary>True when it is new and proves a fault that is not on the chain yet.</summary>
    public bool TryAdd(Equivocation evidence)
    {
        if (_waiting.ContainsKey(evidence.Seat) || Fault(evidence) is not null)
            return false;
        _waiting.Add(evidence.Seat, evidence);
        return true;
    }

    /// <summary>Null when the next block may carry it; otherwise what is wrong.</summary>
    public string? Validate(IReadOnlyList<byte[]> block)
    {
        var seen = new HashSet<int>();
        foreach (byte[] bytes in block)
        {
            if (!Canonical.TryDecode<Equivocation>(bytes, out var evidence, out var error))
                return $"evidence: {error}";
            if (!seen.Add(evidence.Seat))
                return $"evidence against seat {evidence.Seat} twice";
            if (Fault(evidence) is { } fault)
                return $"evidence against seat {evidence.Seat}: {fault}";
        }

        return null;
    }

    /// <summary>The block was decided.</summary>
    public void Applied(Block block)
    {
        _height = block.Header.Height;
        foreach (byte[] bytes in block.Evidence)
        {
            int seat = Canonical.Decode<Equivocation>(bytes).Seat;
            _recorded[seat] = _height;
            if (_waiting.TryGetValue(seat, out var waiting) && waiting.Height <= _height)
                _waiting.Remove(seat);
        }
    }

    private string? Fault(Equivocation evidence)
    {
        if (evidence.Epoch != 0)
            return $"epoch {evidence.Epoch} is not that of its members";
        if (evidence.Height > _height + 1)
            return $"height {evidence.Height} is not reached";
        return evidence.Height <= _recorded.GetValueOrDefault(evidence.Seat)
            ? $"a fault of height {_recorded[evidence.Seat]} or below is in the chain already"
            : evidence.Verify(genesis.ChainId, genesis.Members, verifier);
    }
}
