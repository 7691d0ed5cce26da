namespace Pipeline.Ledger.Rounds;

/// <summary>
/// Goes once through a range of flat indices and gives, coordinate by coordinate, which updates hold it and with what value: all that sparse updates
/// have in common, without a dense copy of any. Not thread-safe; several may share the updates.
/// </summary>
internal sealed class CoordinateSweep
{
    // One chunk's counters stay in a core's cache.
    private const int ChunkLength = 1 << 14;

    private readonly List<Run> _runs = [];
    private readonly int[] _ends = new int[ChunkLength + 1];
    private readonly int _last;
    private int[] _values = [];
    private byte[] _owners = [];

    /// <param name="updates">At most 64, of distinct indices.</param>
    public CoordinateSweep(IReadOnlyList<DecodedUpdate> updates, int first, int length)
    {
        Start = first - ChunkLength;
        _last = first + length;
        for (int owner = 0; owner < updates.Count; owner++)
            Split(updates[owner], (byte)owner, first);
    }

    /// <summary>Flat index that the chunk begins at.</summary>
    public int Start { get; private set; }

    /// <summary>Coordinates of the chunk.</summary>
    public int Length => Math.Min(ChunkLength, _last - Start);

    /// <summary>Goes on to the next chunk; false when there is none.</summary>
    public bool Next()
    {
        Start += ChunkLength;
        if (Start >= _last)
            return false;
        _ends.AsSpan().Clear();
        int total = 0;
        foreach (var run in _runs)
        {
            int end = run.End(Start + Length);
            for (int k = run.Next; k < end; k++)
                _ends[run.Indices[k] - Start]++;
            total += end - run.Next;
        }

        if (_values.Length < total)
            (_values, _owners) = (new int[2 * total], new byte[2 * total]);
        for (int i = 0, sum = 0; i < ChunkLength; i++)
        {
            // Where the coordinate's entries begin; filling them in moves it to where they end.
            int count = _ends[i];
            _ends[i] = sum;
            sum += count;
        }

        foreach (var run in _runs)
        {
            int end = run.End(Start + Length);
            for (; run.Next < end; run.Next++)
            {
                int at = _ends[run.Indices[run.Next] - Start]++;
                _values[at] = run.Values[run.Next];
                _owners[at] = run.Owner;
            }
        }

        return true;
    }

    /// <summary>Values at a coordinate of the chunk and the updates that hold them, ascending by update.</summary>
    public void At(int offset, out ReadOnlySpan<int> values, out ReadOnlySpan<byte> owners)
    {
        int start = offset == 0 ? 0 : _ends[offset - 1], count = _ends[offset] - start;
        values = _values.AsSpan(start, count);
        owners = _owners.AsSpan(start, count);
    }

    private void Split(DecodedUpdate update, byte owner, int first)
    {
        int[] indices = update.Indices;
        for (int start = 0, end; start < indices.Length; start = end)
        {
            end = start + 1;
            while (end < indices.Length && indices[end] > indices[end - 1])
                end++;
            int found = indices.AsSpan(start, end - start).BinarySearch(first);
            _runs.Add(new Run(indices, update.Values, owner, end) { Next = start + (found < 0 ? ~found : found) });
        }
    }

    /// <summary>A stretch of one update whose indices ascend, and how far it is used up.</summary>
    private sealed class Run(int[] indices, int[] values, byte owner, int end)
    {
        public int[] Indices => indices;

        public int[] Values => values;

        public byte Owner => owner;

        public int Next { get; set; }

        /// <summary>Behind the last entry below a flat index.</summary>
        public int End(int flat)
        {
            int found = indices.AsSpan(Next, end - Next).BinarySearch(flat);
            return Next + (found < 0 ? ~found : found);
        }
    }
}
