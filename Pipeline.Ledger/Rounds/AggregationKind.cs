namespace Pipeline.Ledger.Rounds;

/// <summary>How updates become one, after what <see cref="AggregationPolicy"/> does to them first.</summary>
public enum AggregationKind
{
    /// <summary>Of all of them. One false member can move it anywhere within the norm bound.</summary>
    Mean = 0,

    /// <summary>Of each coordinate's values without the f smallest and the f largest (Yin et al. 2018).</summary>
    TrimmedMean = 1,

    /// <summary>Of each coordinate (Yin et al. 2018).</summary>
    Median = 2,

    /// <summary>Mean of the n−f updates that are nearest to their n−f−2 nearest others (Blanchard et al. 2017).</summary>
    MultiKrum = 3,

    /// <summary>Three steps towards the mean, from zero, each update's pull bounded (Karimireddy et al. 2021).</summary>
    CenteredClipping = 4,
}
