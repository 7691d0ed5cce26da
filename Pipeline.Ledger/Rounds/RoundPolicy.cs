using Pipeline.Ledger.Codec;

namespace Pipeline.Ledger.Rounds;

/// <summary>How a chain trains. Integers only: rates are parts per million (ppm) or Q16 fixed point (65536 = 1).</summary>
/// <param name="Rounds">The chain stops after this many.</param>
/// <param name="Quorum">Contributions with which a round may close at its deadline.</param>
/// <param name="DeadlineBlocks">A round's deadline: blocks after the one that opened it.</param>
/// <param name="LocalSteps">Optimizer steps a site takes each round.</param>
/// <param name="BatchSize">Samples a step.</param>
/// <param name="LearningRatePpm">Peak learning rate × 10⁶; cosine over the rounds.</param>
/// <param name="WeightDecayPpm">AdamW weight decay × 10⁶.</param>
/// <param name="DensityPpm">Share of backbone coordinates that an update selects.</param>
/// <param name="MaxNorm">Bound on an update's L2 norm, × 2¹⁶; checked in integers before an ack.</param>
/// <param name="ServerMomentumQ16">β of the server momentum.</param>
/// <param name="ServerRateQ16">η applied to the aggregated update.</param>
/// <param name="BridgeEvery">Emit the backbone to granted chains each time this many rounds are final; 0 = never.</param>
/// <param name="BridgeGrants">Names of the chains that may receive the backbone.</param>
/// <param name="BlendQ16">α of an accepted auxiliary backbone: w + α(aux − w).</param>
/// <param name="OnEquivocation">Consequence of two conflicting consensus signatures of one member.</param>
/// <param name="Privacy">Differential privacy of every contribution, or null for none.</param>
/// <param name="Aggregation">How updates become one; null for their mean.</param>
/// <param name="Update">How sites make their updates; null for <see cref="UpdatePolicy.Plain"/>.</param>
/// <param name="Trial">How an offered backbone is tried by all; null takes it as soon as n−f members have voted for it.</param>
public sealed record RoundPolicy(
    int Rounds, int Quorum, int DeadlineBlocks, int LocalSteps, int BatchSize, int LearningRatePpm, int WeightDecayPpm, int DensityPpm,
    long MaxNorm, int ServerMomentumQ16, int ServerRateQ16, int BridgeEvery, IReadOnlyList<string> BridgeGrants, int BlendQ16,
    EquivocationPolicy OnEquivocation = EquivocationPolicy.Exclude, PrivacyPolicy? Privacy = null, AggregationPolicy? Aggregation = null,
    UpdatePolicy? Update = null, TrialPolicy? Trial = null)
    : ICanonical<RoundPolicy>
{
    public const int One = 1 << 16;
    public const int MaxGrants = 64;

    /// <summary>The setting that cannot stand with the others, why, and the mend; null where all can.</summary>
    public (string Setting, string Why)? Contradiction()
    {
        if (Trial is { } trial && trial.TotalRounds > trial.Budget(Rounds))
            return ("trial-rounds", $"a trial takes {trial.TotalRounds} rounds, and trials may take {trial.Budget(Rounds)} of {Rounds}: none would ever begin; shorten it, raise the share of trials, or leave it out (0)");
        if (Update is not { } update)
            return null;
        if (Trial is not null && update.Selection == UpdateSelection.Rotating)
            return ("trial-rounds", "with a rotating selection every round has its part of the backbone, and of rounds that take turns a branch would never send some parts; leave one of the two out");
        if (update.FrozenBackbone && update.Selection != UpdateSelection.Largest)
            return ("selection", "with a frozen backbone nothing of the backbone is sent; leave selection out");
        if (update.Selection == UpdateSelection.Rotating && (long)Rounds * DensityPpm < 1_000_000)
            return ("density", $"with a rotating selection a part of the backbone would never be sent in {Rounds} rounds; in millionths at least {(1_000_000 + Rounds - 1) / Rounds}, or more rounds");
        if (update.TypicalImages != 0 && Aggregation is not null)
            return ("typical-images", "robust aggregation shortens what is long and leaves out what stands apart, which updates that weigh more do; leave one of the two out");
        if (update.ControlPpm == 0)
            return null;
        string? with = ServerMomentumQ16 != 0 ? "a server momentum"
            : update.MomentumPpm != 0 ? "momentum correction"
            : update.ResidualKeepPpm != 1_000_000 ? "a residual that fades"
            : Aggregation is not null ? "robust aggregation"
            : update.TypicalImages != 0 ? "weights by images"
            : null;
        return with is null ? null : ("control", $"control variates compare what a site sent with the round's mean of it, which is another thing with {with}; leave one of the two out");
    }

    /// <summary>Density × 10⁶ of a round (from 1), with the warm-up of <see cref="UpdatePolicy"/>.</summary>
    public int DensityOf(long round)
    {
        if (Update is not { WarmUpRounds: > 0 } update || round > update.WarmUpRounds)
            return DensityPpm;
        long done = Math.Max(0, round - 1);
        return (int)(update.WarmUpDensityPpm + ((long)DensityPpm - update.WarmUpDensityPpm) * done / update.WarmUpRounds);
    }

    /// <summary>The largest density × 10⁶ of any round.</summary>
    public int MaxDensityPpm => Update is { WarmUpRounds: > 0 } update ? Math.Max(DensityPpm, update.WarmUpDensityPpm) : DensityPpm;

    public void WriteTo(CanonicalWriter writer)
    {
        // A policy without them keeps the form it had before there were any.
        int items = Trial is not null ? 19 : Update is not null ? 18 : Privacy is not null || Aggregation is not null ? 17 : 15;
        writer.Array(items).Int(Rounds).Int(Quorum).Int(DeadlineBlocks).Int(LocalSteps).Int(BatchSize).Int(LearningRatePpm)
            .Int(WeightDecayPpm).Int(DensityPpm).Int(MaxNorm).Int(ServerMomentumQ16).Int(ServerRateQ16).Int(BridgeEvery)
            .Array(BridgeGrants.Count);
        foreach (string chain in BridgeGrants)
            writer.Text(chain);
        writer.EndArray().Int(BlendQ16).Int((int)OnEquivocation);
        if (items >= 17)
            writer.List(Privacy is null ? [] : new[] { Privacy }).List(Aggregation is null ? [] : new[] { Aggregation });
        if (items >= 18)
            writer.List(Update is null ? [] : new[] { Update });
        if (Trial is not null)
            writer.Item(Trial);
        writer.EndArray();
    }

    public static RoundPolicy ReadFrom(CanonicalReader reader)
    {
        int items = reader.ArrayHeader(19);
        if (items is not (15 or 17 or 18 or 19))
            throw new CanonicalFormatException($"a policy of {items} items; known are 15, 17, 18 and 19");
        int rounds = reader.Int32(1, 1_000_000), quorum = reader.Int32(1, 64), deadline = reader.Int32(1, 1_000_000);
        int steps = reader.Int32(1, 1_000_000), batch = reader.Int32(1, 1 << 16);
        int rate = reader.Int32(0, 10_000_000), decay = reader.Int32(0, 10_000_000), density = reader.Int32(1, 1_000_000);
        long norm = reader.Int(1);
        int momentum = reader.Int32(0, One - 1), serverRate = reader.Int32(1, 16 * One), every = reader.Int32(0, 1_000_000);
        int count = reader.ArrayHeader(MaxGrants);
        var grants = new string[count];
        for (int i = 0; i < count; i++)
            grants[i] = reader.Text(Blocks.Genesis.MaxNameLength);
        reader.EndArray();
        var policy = new RoundPolicy(
            rounds, quorum, deadline, steps, batch, rate, decay, density, norm, momentum, serverRate, every, grants, reader.Int32(0, One),
            (EquivocationPolicy)reader.Int32(0, (int)EquivocationPolicy.Exclude));
        if (items >= 17)
        {
            policy = policy with
            {
                Privacy = reader.List<PrivacyPolicy>(1).FirstOrDefault(),
                Aggregation = reader.List<AggregationPolicy>(1).FirstOrDefault(),
            };
        }

        if (items >= 18)
        {
            policy = policy with { Update = reader.List<UpdatePolicy>(1).FirstOrDefault() };
            if (items == 18 && policy.Update is null)
                throw new CanonicalFormatException("a policy of 18 items says how updates are made");
        }

        if (items == 19)
            policy = policy with { Trial = reader.Item<TrialPolicy>() };

        reader.EndArray();
        return policy;
    }
}
