namespace Pipeline.Ledger.Simulation;

/// <summary>How a Byzantine member behaves throughout a schedule.</summary>
internal enum Strategy
{
    /// <summary>Withholds everything.</summary>
    Silent,

    /// <summary>Random contradictions, lies about its height, and replays.</summary>
    Chaotic,

    /// <summary>Chaotic until stabilization, then silent: leaves the others scattered over rounds without the votes that scattered them.</summary>
    Deserting,

    /// <summary>
    /// Aims at locks: helps every block to its polka, lets at most one member see the deciding precommit, and proposes another block in the
    /// next round under a claimed valid round.
    /// </summary>
    Splitting,

    /// <summary>Runs twice, with two journals that know nothing of each other (Bano et al., "Twins", arXiv 2004.10617).</summary>
    Twins,
}
