using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Proved equivocations: those that wait for a block and those that are in one. The chain records one for each member of an epoch; a further one only
/// if it was committed above the block that holds the one before, and it rides along with a block that is made anyway. So a faulty member cannot
/// grow the chain at will. What is older than the <see cref="ReplayWindow"/>, or of an epoch before the last one, is evidence no more, so that nothing
/// older need be remembered.
/// </summary>
internal sealed class EvidencePool(Digest chainId, ChainRules rules, ISignatureVerifier verifier)
{
    private readonly SortedDictionary<(long Epoch, int Seat), Equivocation> _waiting = [];

    // The height of the block with the newest evidence against a seat.
    private readonly Dictionary<(long Epoch, int Seat), long> _recorded = [];
    private ChainRules _rules = rules;
    private long _height;

    /// <summary>By epoch and seat, at most one block's worth.</summary>
    public IReadOnlyList<Equivocation> Waiting => [.. _waiting.Values.Take(Block.MaxEvidence)];

    /// <summary>A member's first proved fault waits: reason enough for a block.</summary>
    public bool WantsBlock => _waiting.Keys.Any(seat => !_recorded.ContainsKey(seat));

    /// <summary>True when it is new and proves a fault that is not on the chain yet.</summary>
    public bool TryAdd(Equivocation evidence)
    {
        if (_waiting.ContainsKey(KeyOf(evidence)) || Fault(evidence) is not null)
            return false;
        _waiting.Add(KeyOf(evidence), evidence);
        return true;
    }

    /// <summary>Null when the next block may carry it; otherwise what is wrong.</summary>
    public string? Validate(IReadOnlyList<byte[]> block)
    {
        var seen = new HashSet<(long, int)>();
        foreach (byte[] bytes in block)
        {
            if (!Canonical.TryDecode<Equivocation>(bytes, out var evidence, out var error))
                return $"evidence: {error}";
            if (!seen.Add(KeyOf(evidence)))
                return $"evidence against seat {evidence.Seat} twice";
            if (Fault(evidence) is { } fault)
                return $"evidence against seat {evidence.Seat}: {fault}";
        }

        return null;
    }

    /// <summary>The block was decided.</summary>
    /// <param name="next">Rules of the block after it.</param>
    public void Applied(Block block, ChainRules next)
    {
        _rules = next;
        Applied(block.Header.Height, block.Evidence);
    }

    /// <summary>The chain goes on from these, the newest blocks.</summary>
    public void Reset(IEnumerable<RecentBlock> blocks, ChainRules next)
    {
        _rules = next;
        _recorded.Clear();
        foreach (var block in blocks)
            Applied(block.Header.Height, block.Evidence);
    }

    private void Applied(long height, IReadOnlyList<byte[]> evidence)
    {
        _height = height;
        foreach (byte[] bytes in evidence)
        {
            var seat = KeyOf(Canonical.Decode<Equivocation>(bytes));
            _recorded[seat] = _height;
            if (_waiting.TryGetValue(seat, out var waiting) && waiting.Height <= _height)
                _waiting.Remove(seat);
        }

        foreach (var seat in _recorded.Where(r => r.Value <= _height - ReplayWindow.Length).Select(r => r.Key).ToArray())
            _recorded.Remove(seat);
        foreach (var seat in _waiting.Where(w => w.Value.Height < Oldest || _rules.MembersOf(w.Key.Epoch) is null).Select(w => w.Key).ToArray())
            _waiting.Remove(seat);
    }

    /// <summary>The oldest height of which the next block may hold evidence.</summary>
    private long Oldest => _height + 2 - ReplayWindow.Length;

    private static (long Epoch, int Seat) KeyOf(Equivocation evidence) => (evidence.Epoch, evidence.Seat);

    private string? Fault(Equivocation evidence)
    {
        if (evidence.Height > _height + 1)
            return $"height {evidence.Height} is not reached";
        if (evidence.Height < Oldest)
            return $"height {evidence.Height} is more than {ReplayWindow.Length} blocks back";
        return evidence.Height <= _recorded.GetValueOrDefault(KeyOf(evidence))
            ? $"a fault of height {_recorded[KeyOf(evidence)]} or below is in the chain already"
            : _rules.Verify(evidence, chainId, verifier);
    }
}
