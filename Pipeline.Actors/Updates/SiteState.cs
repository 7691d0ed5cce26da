using Pipeline.Ledger.Crypto;

namespace Pipeline.Actors.Updates;

/// <summary>What a site must remember of a chain's training beside the chain itself. It never leaves the site.</summary>
/// <param name="Round">The last round this site answered; 0 before the first.</param>
/// <param name="Base">Digest of the model that the answer was relative to.</param>
/// <param name="Payload">The answer; empty once it was taken back, or before the first round.</param>
/// <param name="Residual">What was not sent yet, in layout order.</param>
/// <param name="OptimizerSteps">AdamW's step count.</param>
/// <param name="FirstMoment">AdamW's first moment, in layout order.</param>
/// <param name="SecondMoment">AdamW's second moment, in layout order.</param>
public sealed record SiteState(
    long Round, Digest Base, byte[] Payload, float[] Residual, long OptimizerSteps, float[] FirstMoment, float[] SecondMoment)
{
    /// <summary>SCAFFOLD's c − c_i: how local steps are moved a round, in layout order. Empty before the first round, and where the policy has none.</summary>
    public float[] Control { get; init; } = [];

    /// <summary>Momentum correction's u, in layout order. Empty before the first round, and where the policy has none.</summary>
    public float[] Velocity { get; init; } = [];

    /// <summary>The branch of training that this is remembered of (<see cref="Ledger.Rounds.RoundBranch.Id"/>).</summary>
    public long Branch { get; init; }

    public static SiteState Fresh(int length) => new(0, Digest.Zero, [], new float[length], 0, new float[length], new float[length]);
}
