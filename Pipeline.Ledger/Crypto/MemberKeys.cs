namespace Pipeline.Ledger.Crypto;

/// <summary>
/// The keys by which one institution is, or is to be, known on its chains: one, and another while it changes them. Each signs where the chain names it; keys
/// come and go while the site runs, from any thread.
/// </summary>
public sealed class MemberKeys
{
    private readonly Lock _lock = new();
    private volatile ISigner[] _signers;

    /// <exception cref="ArgumentException">None.</exception>
    public MemberKeys(params ISigner[] signers)
    {
        if (signers.Length == 0)
            throw new ArgumentException("an institution has a key", nameof(signers));
        _signers = signers;
    }

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<ISigner> All => _signers;

    /// <summary>Null where it is none of these.</summary>
    public ISigner? Find(MemberPublicKey? key)
    {
        foreach (var signer in _signers)
        {
            if (signer.PublicKey == key)
                return signer;
        }

        return null;
    }

    public void Add(ISigner signer)
    {
        lock (_lock)
            _signers = [.. _signers, signer];
    }

    /// <summary>It signs nothing more; the last one stays.</summary>
    public void Remove(MemberPublicKey key)
    {
        lock (_lock)
        {
            if (_signers.Length > 1)
                _signers = [.. _signers.Where(s => s.PublicKey != key)];
        }
    }
}
