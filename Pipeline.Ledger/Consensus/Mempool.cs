using Pipeline.Ledger.Blocks;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>Verified transactions that wait for a block, oldest first, by id, bounded. Every operation on one of them takes constant time.</summary>
internal sealed class Mempool(int capacity)
{
    private readonly LinkedList<Waiting> _waiting = [];
    private readonly Dictionary<Digest, LinkedListNode<Waiting>> _byId = [];

    public int Count => _byId.Count;

    public bool IsFull => Count >= capacity;

    public bool Contains(Digest id) => _byId.ContainsKey(id);

    /// <param name="own">Submitted at this site, which therefore repeats it until it is in a block.</param>
    public void Add(Transaction transaction, bool own)
    {
        if (!Contains(transaction.Id))
            _byId.Add(transaction.Id, _waiting.AddLast(new Waiting(transaction, own, Canonical.Encode(transaction).Length)));
    }

    public void Remove(Digest id)
    {
        if (_byId.Remove(id, out var node))
            _waiting.Remove(node);
    }

    /// <summary>Drops what would no longer take effect.</summary>
    public void Retain(Func<Transaction, bool> keep)
    {
        foreach (var id in _waiting.Where(w => !keep(w.Transaction)).Select(w => w.Transaction.Id).ToArray())
            Remove(id);
    }

    /// <summary>The oldest that fit into a block.</summary>
    public IReadOnlyList<Transaction> Take(int count, int bytes)
    {
        var taken = new List<Transaction>();
        foreach (var waiting in _waiting)
        {
            if (taken.Count == count || (bytes -= waiting.Bytes) < 0)
                break;
            taken.Add(waiting.Transaction);
        }

        return taken;
    }

    public IReadOnlyList<Transaction> Own(int count) => [.. _waiting.Where(w => w.Own).Take(count).Select(w => w.Transaction)];

    private sealed record Waiting(Transaction Transaction, bool Own, int Bytes);
}
