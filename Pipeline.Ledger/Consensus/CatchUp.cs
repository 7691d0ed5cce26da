namespace Pipeline.Ledger.Consensus;

/// <summary>
/// Knows how far the others are, and from that whether this replica may sign and whom it asks for blocks. It signs only after n−f members
/// (itself included) have answered where they stand and what they hold of its signatures, and only at a height that f+1 of the others (so an
/// honest one) have not left behind. Waiting for that many costs no liveness: fewer decide nothing.
/// </summary>
internal sealed class CatchUp(int members, int seat)
{
    /// <summary>Ticks that a member has to answer.</summary>
    private const int Patience = 3;

    private readonly long[] _heights = new long[members];
    private readonly bool[] _answered = new bool[members];
    private int _lastAsked = -1;
    private int _asked = -1;
    private int _ticks;

    /// <summary>True: sign nothing, fetch blocks.</summary>
    public bool IsSyncing { get; private set; } = true;

    /// <summary>True: ask the others where they stand. Nobody sends anything to an observer unless it asks.</summary>
    public bool ShouldAsk => IsSyncing || !HasHeardEnough || seat < 0;

    /// <summary>n−f members, the own included, have answered.</summary>
    public bool HasHeardEnough => _answered.Count(a => a) >= Needed;

    /// <summary>The highest height that any member has said it works on; 0 when none has spoken.</summary>
    public long Highest => _heights.Max();

    /// <summary>Blocks that an honest member has decided and this one has not.</summary>
    public long Behind(long height) => Target - height;

    private int Faulty => (members - 1) / 3;

    private int Needed => members - Faulty - (seat >= 0 ? 1 : 0);

    /// <summary>The height that at least one honest member works on; 1 when too few have spoken.</summary>
    private long Target
    {
        get
        {
            var sorted = (long[])_heights.Clone();
            Array.Sort(sorted);
            return Math.Max(1, sorted[members - 1 - Faulty]);
        }
    }

    /// <param name="height">The height the member works on.</param>
    /// <param name="isAnswer">It was asked by this life of the replica, and has told what it holds of the own signatures.</param>
    public void Report(int from, long height, bool isAnswer)
    {
        _heights[from] = height;
        _answered[from] |= isAnswer;
    }

    /// <summary>Decides anew whether to sync.</summary>
    /// <param name="height">The own height.</param>
    /// <param name="hasFetched">Fetched blocks wait for execution: ask for no more.</param>
    /// <returns>The seat to ask for blocks from <paramref name="height"/> on; −1 for none.</returns>
    public int Update(long height, bool hasFetched)
    {
        // A member a block behind gets it unasked.
        int slack = IsSyncing || seat < 0 ? 0 : 1;
        IsSyncing = !HasHeardEnough || Target > height + slack;
        if (!IsSyncing || hasFetched || _asked >= 0)
            return -1;
        _ticks = 0;
        return _asked = NextSource(height);
    }

    /// <summary>Whoever has not answered in time is given up, and the next asked.</summary>
    public void Tick()
    {
        if (_asked >= 0 && ++_ticks > Patience)
            _asked = -1;
    }

    /// <summary>Whether blocks of this member were asked for; they count once.</summary>
    public bool TryAccept(int from)
    {
        if (from < 0 || from != _asked)
            return false;
        _asked = -1;
        return true;
    }

    /// <summary>The member did not deliver what it claimed.</summary>
    public void Distrust(int from) => _heights[from] = Math.Min(_heights[from], 1);

    /// <summary>A member that claims blocks of <paramref name="height"/> or above, another one at every call; −1 when none does.</summary>
    private int NextSource(long height)
    {
        for (int i = 1; i <= members; i++)
        {
            int candidate = (_lastAsked + i) % members;
            if (candidate < 0 || candidate == seat || _heights[candidate] <= height)
                continue;
            _lastAsked = candidate;
            return candidate;
        }

        return -1;
    }
}
