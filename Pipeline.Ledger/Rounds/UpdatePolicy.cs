using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>How sites make their updates, where not by plain local steps and the largest changes as int8. Integers only.</summary>
/// <param name="Selection">Which coordinates of the backbone are sent.</param>
/// <param name="Format">How their values are written.</param>
/// <param name="ProximalPpm">μ × 10⁶ of FedProx's pull towards the round's base model (Li et al. 2020): each local step adds rate · μ · (base − w); 0 for none.</param>
/// <param name="WarmUpRounds">Rounds over which the density goes from <paramref name="WarmUpDensityPpm"/> to the policy's, in equal steps
/// (Lin et al. 2018 let it fall exponentially; a replica counts in integers); 0 for none.</param>
/// <param name="WarmUpDensityPpm">Density × 10⁶ of the first round.</param>
/// <param name="StartFromResidual">Local steps start from the round's model and what the site has not sent yet, so that a change which waits for its turn is not
/// made again each round.</param>
/// <param name="ResidualKeepPpm">Share × 10⁶ of what was not sent that is kept from round to round.</param>
/// <param name="FrozenBackbone">Norms and head alone are trained and sent: few numbers bear the noise of differential privacy best (Bu et al. 2022).</param>
/// <param name="ControlPpm">Share × 10⁶ of a round's changes that goes into a site's control variate (SCAFFOLD, Karimireddy et al. 2020, option II): local steps
/// are moved by what all sites do less what this one does. 10⁶ is the paper's; sparse updates arrive late, and take less. 0 for none.</param>
/// <param name="MomentumPpm">β × 10⁶ of a site's momentum correction (Deep Gradient Compression, Lin et al. 2018): u ← β·u + change waits in place of the
/// change, and is cleared where it was sent. 0 for none.</param>
public sealed record UpdatePolicy(
    UpdateSelection Selection = UpdateSelection.Largest, ValueFormat Format = ValueFormat.Int8, int ProximalPpm = 0, int WarmUpRounds = 0,
    int WarmUpDensityPpm = 1_000_000, bool StartFromResidual = false, int ResidualKeepPpm = 1_000_000, bool FrozenBackbone = false,
    int ControlPpm = 0, int MomentumPpm = 0) : ICanonical<UpdatePolicy>
{
    /// <summary>Coordinates above the threshold of <see cref="UpdateSelection.RandomThreshold"/> for each that is sent.</summary>
    public const int ThresholdFactor = 4;

    /// <summary>What a policy without one means.</summary>
    public static UpdatePolicy Plain { get; } = new();

    private bool Remembers => ControlPpm != 0 || MomentumPpm != 0;

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(Remembers ? 10 : 8).Int((int)Selection).Int((int)Format).Int(ProximalPpm).Int(WarmUpRounds).Int(WarmUpDensityPpm).Bool(StartFromResidual)
            .Int(ResidualKeepPpm).Bool(FrozenBackbone);
        if (Remembers)
            writer.Int(ControlPpm).Int(MomentumPpm);
        writer.EndArray();
    }

    public static UpdatePolicy ReadFrom(CanonicalReader reader)
    {
        int items = reader.Array(8, 10);
        var policy = new UpdatePolicy(
            (UpdateSelection)reader.Int32(0, (int)UpdateSelection.LargestOfTensor), (ValueFormat)reader.Int32(0, (int)ValueFormat.Ternary),
            reader.Int32(0, 1_000_000_000), reader.Int32(0, 1_000_000), reader.Int32(1, 1_000_000), reader.Bool(),
            reader.Int32(0, 1_000_000), reader.Bool());
        if (items > 8)
            policy = policy with { ControlPpm = reader.Int32(0, 1_000_000), MomentumPpm = reader.Int32(0, 999_999) };
        reader.EndArray();
        return policy.Remembers == (items > 8) ? policy : throw new CanonicalFormatException("a policy of updates whose last two items are 0 is written without them");
    }
}
