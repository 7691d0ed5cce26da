using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Payloads;

/// <summary>
/// Fetching one payload, without I/O: which chunk to ask of whom next. Holders are tried one after another; one that is slow goes to the
/// end of the queue, one that lies is never asked again.
/// </summary>
internal sealed class PayloadDownload
{
    private readonly List<Holder> _holders = [];
    private readonly HashSet<string> _liars = new(StringComparer.Ordinal);
    private readonly HashSet<int> _asked = [];
    private readonly long _maxBytes;
    private readonly int _window;
    private byte[]?[] _chunks = [];
    private Holder? _source;
    private int _received;

    public PayloadDownload(Digest payload, long maxBytes, int window)
    {
        Payload = payload;
        _maxBytes = maxBytes;
        _window = window;
    }

    /// <param name="Size">What the holder says; within the bound.</param>
    /// <param name="Root">What the holder says; only the payload's digest is certain.</param>
    private sealed record Holder(string Member, long Size, Digest Root);

    public Digest Payload { get; }

    /// <summary>The member asked at this moment, or null when none is known.</summary>
    public string? Source => _source?.Member;

    public bool IsLiar(string member) => _liars.Contains(member);

    public bool Knows(string member) => _holders.Any(h => h.Member == member);

    /// <summary>A member says that it holds the payload. False when its claim is impossible or it has lied before.</summary>
    public bool AddHolder(string member, long size, Digest root)
    {
        if (size <= 0 || size > _maxBytes || _liars.Contains(member))
            return false;
        if (!Knows(member))
            _holders.Add(new Holder(member, size, root));
        if (_source is null)
            Start(_holders[0]);
        return true;
    }

    /// <summary>A member says that it no longer holds the payload.</summary>
    public void RemoveHolder(string member)
    {
        _holders.RemoveAll(h => h.Member == member);
        if (_source?.Member == member)
            Start(_holders.FirstOrDefault());
    }

    /// <summary>Chunks to ask of <see cref="Source"/> now; each is returned once until <see cref="SwitchSource"/>.</summary>
    public IReadOnlyList<int> NextRequests()
    {
        if (_source is null)
            return [];
        var requests = new List<int>();
        for (int i = 0; i < _chunks.Length && _asked.Count < _window; i++)
        {
            if (_chunks[i] is null && _asked.Add(i))
                requests.Add(i);
        }

        return requests;
    }

    /// <summary>A chunk arrived. Only one that was asked of this member counts; a wrong one makes the member a liar.</summary>
    /// <returns>True when it moved the download on or changed the source.</returns>
    public bool OnChunk(string member, int index, byte[] bytes, IReadOnlyList<Digest> path)
    {
        if (_source is null || _source.Member != member || !_asked.Contains(index))
            return false;
        if (!PayloadChunks.Verify(_source.Root, _source.Size, index, bytes, path))
        {
            Condemn(member);
            return true;
        }

        _asked.Remove(index);
        _chunks[index] = bytes;
        _received++;
        return true;
    }

    /// <summary>Takes up a chunk that an earlier run of this process was sent, if it is one of what <see cref="Source"/> claims to hold.</summary>
    public bool Restore(int index, byte[] bytes, IReadOnlyList<Digest> path)
    {
        if (_source is null || (uint)index >= (uint)_chunks.Length || _chunks[index] is not null ||
            !PayloadChunks.Verify(_source.Root, _source.Size, index, bytes, path))
            return false;
        _chunks[index] = bytes;
        _received++;
        return true;
    }

    /// <summary>The payload when every chunk is there and their digest is right; a holder whose claimed root was of other bytes is a liar.</summary>
    public byte[]? TryComplete()
    {
        if (_source is null || _received < _chunks.Length)
            return null;
        var payload = new byte[_source.Size];
        int at = 0;
        foreach (var chunk in _chunks)
        {
            chunk!.CopyTo(payload, at);
            at += chunk.Length;
        }

        if (Digest.Of(payload) == Payload)
            return payload;
        Condemn(_source.Member);
        return null;
    }

    /// <summary>The source is too slow: ask the next holder, or the same one again when it is the only one.</summary>
    public void SwitchSource()
    {
        if (_source is null)
            return;
        var slow = _source;
        _holders.Remove(slow);
        _holders.Add(slow);
        Start(_holders[0]);
    }

    private void Condemn(string member)
    {
        _liars.Add(member);
        RemoveHolder(member);
    }

    /// <summary>Chunks already proved stay when the new source claims the same content; another claim starts over.</summary>
    private void Start(Holder? holder)
    {
        bool same = holder is not null && _source is not null && holder.Size == _source.Size && holder.Root == _source.Root &&
            _received < _chunks.Length;
        _asked.Clear();
        _source = holder;
        if (same)
            return;
        _received = 0;
        _chunks = holder is null ? [] : new byte[PayloadChunks.CountOf(holder.Size)][];
    }
}
