namespace Pipeline.Ledger.Crypto;

/// <summary>
/// A digest computed once for the record that holds it. A copy made by <c>with</c> computes its own, because the entry names its owner; and
/// whether it has been computed does not take part in the record's equality. Safe from several threads.
/// </summary>
internal struct DigestMemo : IEquatable<DigestMemo>
{
    private Entry? _entry;

    public Digest For<T>(T owner, Func<T, Digest> compute) where T : class
    {
        if (_entry is { } entry && ReferenceEquals(entry.Owner, owner))
            return entry.Value;
        var value = compute(owner);
        _entry = new Entry(owner, value);
        return value;
    }

    public readonly bool Equals(DigestMemo other) => true;

    public override readonly bool Equals(object? obj) => obj is DigestMemo;

    public override readonly int GetHashCode() => 0;

    private sealed class Entry(object owner, Digest value)
    {
        public object Owner => owner;

        public Digest Value => value;
    }
}
