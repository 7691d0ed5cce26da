using System.Globalization;

namespace Pipeline.Ledger.Rounds;

/// <summary>Policies by name. <c>default</c> is the one under which accuracy, leakage, bridge and personalization are measured together.</summary>
public static class PolicyCatalog
{
    /// <summary>What <see cref="With"/> knows.</summary>
    public static IReadOnlyList<string> Settings { get; } =
    [
        "rounds", "steps", "batch", "rate", "decay", "density", "server-momentum", "server-rate", "selection", "values", "proximal", "warm-up", "warm-up-density",
        "start-from-residual", "residual-keep", "frozen-backbone", "control", "momentum", "prior", "typical-images",
        "trial-rounds", "trial-share", "trial-gain",
    ];

    /// <summary>
    /// Many short rounds, each site's largest changes beside all norms and the head. docs/decisions/0035 says why. Members change quorum, deadline and
    /// bridge to their chain.
    /// </summary>
    public static RoundPolicy Default { get; } = new(
        Rounds: 320, Quorum: 3, DeadlineBlocks: 20, LocalSteps: 5, BatchSize: 16, LearningRatePpm: 6_000, WeightDecayPpm: 100, DensityPpm: 9_000,
        MaxNorm: 64L * RoundPolicy.One, ServerMomentumQ16: 0, ServerRateQ16: RoundPolicy.One, BridgeEvery: 0, BridgeGrants: [], BlendQ16: RoundPolicy.One);

    /// <summary>The same with every coordinate sent: what a partial update is compared with.</summary>
    public static RoundPolicy Dense { get; } = Default with { DensityPpm = 1_000_000 };

    /// <summary>
    /// For chains whose members may be false: every update carries the round's share of a rotation, so that the robust rule has n values to compare at each
    /// coordinate it moves. At f = 1; members of a larger chain set theirs. docs/decisions/0067 says why.
    /// </summary>
    public static RoundPolicy Robust { get; } = Default with
    {
        DensityPpm = 36_000,
        Aggregation = AggregationPolicy.Robust(1),
        Update = new UpdatePolicy(UpdateSelection.Rotating, ValueFormat.Int4),
    };

    /// <summary>All of them, the default first.</summary>
    public static IReadOnlyList<(string Name, RoundPolicy Policy)> All { get; } = [("default", Default), ("dense", Dense), ("robust", Robust)];

    /// <summary>One setting replaced, in the units people use: rates as decimal numbers, density, momentum and trials as shares.</summary>
    /// <exception cref="ArgumentException">The name or the value is not known; the message lists what is.</exception>
    public static RoundPolicy With(RoundPolicy policy, string name, string value) => name switch
    {
        "rounds" => policy with { Rounds = Whole(name, value, 1_000_000) },
        "steps" => policy with { LocalSteps = Whole(name, value, 1_000_000) },
        "batch" => policy with { BatchSize = Whole(name, value, 1 << 16) },
        "rate" => policy with { LearningRatePpm = (int)Scaled(name, value, 1_000_000, 0, 10) },
        "decay" => policy with { WeightDecayPpm = (int)Scaled(name, value, 1_000_000, 0, 10) },
        "density" => policy with { DensityPpm = (int)Scaled(name, value, 1_000_000, 1e-6m, 1) },
        "server-momentum" => policy with { ServerMomentumQ16 = (int)Scaled(name, value, RoundPolicy.One, 0, 0.99m) },
        "server-rate" => policy with { ServerRateQ16 = (int)Scaled(name, value, RoundPolicy.One, 0.001m, 16) },
        "selection" => Update(policy, u => u with { Selection = Named<UpdateSelection>(name, value) }),
        "values" => Update(policy, u => u with { Format = Named<ValueFormat>(name, value) }),
        "proximal" => Update(policy, u => u with { ProximalPpm = (int)Scaled(name, value, 1_000_000, 0, 1000) }),
        "warm-up" => Update(policy, u => u with { WarmUpRounds = Whole(name, value, 1_000_000) }),
        "warm-up-density" => Update(policy, u => u with { WarmUpDensityPpm = (int)Scaled(name, value, 1_000_000, 1e-6m, 1) }),
        "start-from-residual" => Update(policy, u => u with { StartFromResidual = Scaled(name, value, 1, 0, 1) > 0 }),
        "residual-keep" => Update(policy, u => u with { ResidualKeepPpm = (int)Scaled(name, value, 1_000_000, 0, 1) }),
        "frozen-backbone" => Update(policy, u => u with { FrozenBackbone = Scaled(name, value, 1, 0, 1) > 0 }),
        "control" => Update(policy, u => u with { ControlPpm = (int)Scaled(name, value, 1_000_000, 0, 1) }),
        "momentum" => Update(policy, u => u with { MomentumPpm = (int)Scaled(name, value, 1_000_000, 0, 0.999m) }),
        "prior" => Update(policy, u => u with { PriorPpm = (int)Scaled(name, value, 1_000_000, 0, 10) }),
        "typical-images" => Update(policy, u => u with { TypicalImages = (int)Scaled(name, value, 1, 0, 1_000_000_000) }),
        "trial-rounds" => Trial(policy, t => t with { Rounds = (int)Scaled(name, value, 1, 0, 500_000) }),
        "trial-gain" => Trial(policy, t => t with { MinGainPpm = (int)Scaled(name, value, 1_000_000, 1e-6m, 1) }),
        "trial-share" => Trial(policy, t => t with { MaxShare = (int)Scaled(name, value, 1_000_000, 0, 1) }),
        _ => throw new ArgumentException($"'{name}' is none of {string.Join(", ", Settings)}", nameof(name)),
    };

    private static RoundPolicy Update(RoundPolicy policy, Func<UpdatePolicy, UpdatePolicy> change)
    {
        var changed = change(policy.Update ?? UpdatePolicy.Plain);
        return policy with { Update = changed == UpdatePolicy.Plain ? null : changed };
    }

    /// <summary>Either as 0 is none at all.</summary>
    private static RoundPolicy Trial(RoundPolicy policy, Func<TrialPolicy, TrialPolicy> change)
    {
        var changed = change(policy.Trial ?? TrialPolicy.Usual);
        return policy with { Trial = changed.Rounds == 0 || changed.MaxShare == 0 ? null : changed };
    }

    private static T Named<T>(string name, string value) where T : struct, Enum
    {
        foreach (var known in Enum.GetValues<T>())
        {
            if (string.Equals(Word(known), value, StringComparison.Ordinal))
                return known;
        }

        throw new ArgumentException($"{name}={value}: one of {string.Join(", ", Enum.GetValues<T>().Select(Word))}", nameof(value));
    }

    /// <summary>As people write it: RandomThreshold is random-threshold.</summary>
    public static string Word<T>(T value) where T : struct, Enum =>
        string.Concat(value.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));

    private static int Whole(string name, string value, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= most
            ? number
            : throw new ArgumentException($"{name}={value}: a whole number from 1 to {most}", nameof(value));

    private static decimal Scaled(string name, string value, int scale, decimal low, decimal high) =>
        decimal.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) && number >= low && number <= high
            ? decimal.Round(number * scale)
            : throw new ArgumentException($"{name}={value}: a number from {low.ToString(CultureInfo.InvariantCulture)} to {high.ToString(CultureInfo.InvariantCulture)}", nameof(value));
}
