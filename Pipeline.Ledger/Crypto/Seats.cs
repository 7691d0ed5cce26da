namespace Pipeline.Ledger.Crypto;

/// <summary>What is kept by seat when the members change: it follows the institution, whatever its seat and key.</summary>
internal static class Seats
{
    public static T[] Move<T>(T[] bySeat, MemberSet from, MemberSet to)
    {
        var moved = new T[to.Count];
        for (int seat = 0; seat < moved.Length; seat++)
        {
            if (from.IndexOf(to[seat].Id) is >= 0 and var before)
                moved[seat] = bySeat[before];
        }

        return moved;
    }

    /// <param name="bits">Bit s stands for seat s.</param>
    public static ulong Move(ulong bits, MemberSet from, MemberSet to)
    {
        ulong moved = 0;
        for (int seat = 0; seat < to.Count; seat++)
        {
            if (from.IndexOf(to[seat].Id) is >= 0 and var before && (bits >> before & 1) != 0)
                moved |= 1UL << seat;
        }

        return moved;
    }
}
