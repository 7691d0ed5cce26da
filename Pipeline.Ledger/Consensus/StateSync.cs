using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Decides whether a replica that is behind goes on from a snapshot of others, and whose: it asks everybody, gives them a moment, takes the highest
/// offer, and the next where that one is of no use. Where nobody offers any it is left to the blocks. Pure; offers are verified before they come here.
/// </summary>
/// <param name="members">Seats.</param>
/// <param name="gap">Blocks behind from which on a snapshot is worth it.</param>
internal sealed class StateSync(int members, long gap)
{
    /// <summary>Ticks in which offers gather.</summary>
    private const int Gathering = 2;

    /// <summary>Ticks after which those who have not answered are asked again.</summary>
    private const int AskAgain = 5;

    /// <summary>Ticks without a useful offer after which blocks are fetched instead.</summary>
    internal const int Patience = 60;

    private readonly ChainMessage.SnapshotOffer?[] _offers = new ChainMessage.SnapshotOffer?[members];
    private readonly HashSet<Digest> _useless = [];
    private bool _asking;
    private int _ticks;
    private bool _givenUp;

    /// <summary>The snapshot being fetched.</summary>
    public ChainMessage.SnapshotOffer? Fetching { get; private set; }

    /// <summary>Blocks are not fetched meanwhile.</summary>
    public bool IsActive => _asking || Fetching is not null;

    /// <summary>Everybody is to be asked for snapshots now.</summary>
    public bool ShouldAsk => _asking && _ticks % AskAgain == 0;

    /// <param name="behind">Blocks that this replica lacks by the word of an honest member.</param>
    /// <returns>True: ask everybody for snapshots.</returns>
    public bool Begin(long behind)
    {
        if (behind < gap)
            _givenUp = false;
        if (behind < gap || _givenUp || IsActive)
            return false;
        _asking = true;
        _ticks = 0;
        return true;
    }

    /// <summary>A member's newest verified offer.</summary>
    public void Offered(int from, ChainMessage.SnapshotOffer offer)
    {
        if (IsActive && !_useless.Contains(offer.Content))
            _offers[from] = offer;
    }

    /// <summary>What to fetch now, or null.</summary>
    /// <param name="height">The height this replica works on: a snapshot must be worth the gap.</param>
    public ChainMessage.SnapshotOffer? Tick(long height)
    {
        if (!_asking || ++_ticks < Gathering)
            return null;
        Fetching = _offers.Where(o => o is not null && o.StateHeight - height >= gap / 2 && !_useless.Contains(o.Content)).MaxBy(o => o!.StateHeight);
        if (Fetching is null && _ticks < Patience)
            return null;
        _asking = false;
        _givenUp = Fetching is null;
        return Fetching;
    }

    /// <summary>The snapshot could not be had or is not what was offered: the next is asked for.</summary>
    /// <param name="isLie">It is never taken again.</param>
    /// <returns>Seats that offered it.</returns>
    public IReadOnlyList<int> Failed(bool isLie)
    {
        if (Fetching is not { } failed)
            return [];
        int[] seats = [.. Enumerable.Range(0, members).Where(seat => _offers[seat]?.Content == failed.Content)];
        if (isLie)
            _useless.Add(failed.Content);
        foreach (int seat in seats)
            _offers[seat] = null;
        Fetching = null;
        _asking = true;
        _ticks = 0;
        return seats;
    }

    public void Done()
    {
        Fetching = null;
        Array.Clear(_offers);
    }
}
