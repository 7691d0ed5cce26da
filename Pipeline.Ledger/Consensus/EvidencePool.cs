using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Proved equivocations: those that wait for a block and those that are in one. The chain records one for each member; a further one only if
/// it was committed above the block that holds the one before, and it rides along with a block that is made anyway. So a faulty member cannot
/// grow the chain at will. What is older than the <see cref="ReplayWindow"/> is evidence no more, so that nothing older need be remembered.
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
    public void Applied(Block block) => Applied(block.Header.Height, block.Evidence);

    /// <summary>The chain goes on from these, the newest blocks.</summary>
    public void Reset(IEnumerable<RecentBlock> blocks)
    {
        _recorded.Clear();
        foreach (var block in blocks)
            Applied(block.Header.Height, block.Evidence);
    }

    private void Applied(long height, IReadOnlyList<byte[]> evidence)
    {
        _height = height;
        foreach (byte[] bytes in evidence)
        {
            int seat = Canonical.Decode<Equivocation>(bytes).Seat;
            _recorded[seat] = _height;
            if (_waiting.TryGetValue(seat, out var waiting) && waiting.Height <= _height)
                _waiting.Remove(seat);
        }

        foreach (int seat in _recorded.Where(r => r.Value <= _height - ReplayWindow.Length).Select(r => r.Key).ToArray())
            _recorded.Remove(seat);
        foreach (int seat in _waiting.Where(w => w.Value.Height < Oldest).Select(w => w.Key).ToArray())
            _waiting.Remove(seat);
    }

    /// <summary>The oldest height of which the next block may hold evidence.</summary>
    private long Oldest => _height + 2 - ReplayWindow.Length;

    private string? Fault(Equivocation evidence)
    {
        if (evidence.Epoch != 0)
            return $"epoch {evidence.Epoch} is not that of its members";
        if (evidence.Height > _height + 1)
            return $"height {evidence.Height} is not reached";
        if (evidence.Height < Oldest)
            return $"height {evidence.Height} is more than {ReplayWindow.Length} blocks back";
        return evidence.Height <= _recorded.GetValueOrDefault(evidence.Seat)
            ? $"a fault of height {_recorded[evidence.Seat]} or below is in the chain already"
            : evidence.Verify(genesis.ChainId, genesis.Members, verifier);
    }
}
