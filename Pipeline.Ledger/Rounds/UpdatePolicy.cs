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
/// <param name="PriorPpm">τ × 10⁶ of logit adjustment (Menon et al. 2021; between sites, FedLC, Zhang et al. 2022): local steps see each class's logit raised by τ
/// times the logarithm of its share of the site's images, so that a site which has few of a class does not teach the model to avoid it. Without effect under
/// differential privacy, whose accounting knows of no class counts. 0 for none.</param>
/// <param name="TypicalImages">Training images of a typical member: a site's changes count √(its own ÷ these) times, at least half and at most twice. Without
/// effect under differential privacy. 0 for every site alike.</param>
/// <param name="ClassWeights">Of the loss, common to the chain; null for every class alike.</param>
public sealed record UpdatePolicy(
    UpdateSelection Selection = UpdateSelection.Largest, ValueFormat Format = ValueFormat.Int8, int ProximalPpm = 0, int WarmUpRounds = 0,
    int WarmUpDensityPpm = 1_000_000, bool StartFromResidual = false, int ResidualKeepPpm = 1_000_000, bool FrozenBackbone = false,
    int ControlPpm = 0, int MomentumPpm = 0, int PriorPpm = 0, int TypicalImages = 0,
    ClassWeights? ClassWeights = null) : ICanonical<UpdatePolicy>
{
    /// <summary>Coordinates above the threshold of <see cref="UpdateSelection.RandomThreshold"/> for each that is sent.</summary>
    public const int ThresholdFactor = 4;

    /// <summary>What a policy without one means.</summary>
    public static UpdatePolicy Plain { get; } = new();

    private bool IsLong => ControlPpm != 0 || MomentumPpm != 0 || PriorPpm != 0 || TypicalImages != 0 || ClassWeights is not null;

    /// <summary>How often a site's changes count.</summary>
    /// <param name="images">It trains on.</param>
    public double WeightOf(int images) => TypicalImages == 0 ? 1 : Math.Clamp(Math.Sqrt((double)images / TypicalImages), 0.5, 2);

    public void WriteTo(CanonicalWriter writer)
    {
        writer.Array(IsLong ? 13 : 8).Int((int)Selection).Int((int)Format).Int(ProximalPpm).Int(WarmUpRounds).Int(WarmUpDensityPpm).Bool(StartFromResidual)
            .Int(ResidualKeepPpm).Bool(FrozenBackbone);
        if (IsLong)
            writer.Int(ControlPpm).Int(MomentumPpm).Int(PriorPpm).Int(TypicalImages).List<ClassWeights>(ClassWeights is null ? [] : [ClassWeights]);
        writer.EndArray();
    }

    public static UpdatePolicy ReadFrom(CanonicalReader reader)
    {
        int items = reader.Array(8, 13);
        var policy = new UpdatePolicy(
            (UpdateSelection)reader.Int32(0, (int)UpdateSelection.LargestOfTensor), (ValueFormat)reader.Int32(0, (int)ValueFormat.Ternary),
            reader.Int32(0, 1_000_000_000), reader.Int32(0, 1_000_000), reader.Int32(1, 1_000_000), reader.Bool(),
            reader.Int32(0, 1_000_000), reader.Bool());
        if (items > 8)
        {
            policy = policy with
            {
                ControlPpm = reader.Int32(0, 1_000_000),
                MomentumPpm = reader.Int32(0, 999_999),
                PriorPpm = reader.Int32(0, 10_000_000),
                TypicalImages = reader.Int32(0, 1_000_000_000),
                ClassWeights = reader.List<ClassWeights>(1).FirstOrDefault(),
            };
        }

        reader.EndArray();
        return policy.IsLong == (items > 8) ? policy : throw new CanonicalFormatException("a policy of updates whose last five items say nothing is written without them");
    }
}
