using Pipeline.Ledger.Crypto;

namespace Pipeline.Ledger.Rounds;

/// <summary>An immutable picture of the trial under way.</summary>
/// <param name="Began">The trial's first round.</param>
/// <param name="Rounds">That each branch is to have before members vote.</param>
/// <param name="OwnRounds">Final rounds of the branch without the backbone.</param>
/// <param name="OfferedRounds">Final rounds of the branch with it.</param>
/// <param name="Own">The model that the branch without it stands at.</param>
/// <param name="Offered">The model that the branch with it stands at.</param>
/// <param name="Votes">Of members so far, by id.</param>
/// <param name="MinGainPpm">That it takes.</param>
public sealed record TrialInfo(
    long Began, AuxiliaryBlend Auxiliary, int Rounds, int OwnRounds, int OfferedRounds, Digest Own, Digest Offered, IReadOnlyList<TrialGain> Votes,
    int MinGainPpm);
