using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>Backbones that a bridge could bring: of other tasks' chains, and such as nobody should take.</summary>
internal static class BridgeOffers
{
    /// <param name="Kind">What it is, for instance <c>brain_type</c> or <c>brain_type, shuffled labels</c>.</param>
    public sealed record Offer(string Kind, BackbonePayload Backbone);

    /// <summary>One of each kind from a source: finished, early, stale, untrained, trained on labels that say nothing, and poisoned in two ways.</summary>
    public static IReadOnlyList<Offer> All(ArmContext context, LearningTask source, RoundPolicy policy)
    {
        var good = Of(context, source, policy);
        return
        [
            good, Early(context, source, policy), Stale(context, source, policy), Untrained(context, source), Shuffled(context, source, policy),
            Poisoned(context, good, 1), Poisoned(context, good, 2),
        ];
    }

    /// <summary>The final backbone of another task's chain.</summary>
    public static Offer Of(ArmContext context, LearningTask source, RoundPolicy policy)
    {
        byte[] model = context.Others.Model(source, TrainingArms.Collaborative("collaborative", BridgeExperiment.Untried(policy)), context.Seed);
        return new Offer(source.Name, Backbone(context, source, model));
    }

    /// <summary>A model of the source after a quarter of its rounds.</summary>
    public static Offer Early(ArmContext context, LearningTask source, RoundPolicy policy) => Shorter(context, source, policy, "early", 4);

    /// <summary>A model of the source after a twentieth of its rounds.</summary>
    public static Offer Stale(ArmContext context, LearningTask source, RoundPolicy policy) => Shorter(context, source, policy, "stale", 20);

    /// <summary>Weights that no image was ever seen by, of another seed than the chain's own.</summary>
    public static Offer Untrained(ArmContext context, LearningTask source)
    {
        var layout = context.Architecture.Layout(source.Descriptor);
        float[] weights = context.Architecture.Initialize(layout, SeededRandom.Derive(context.Digest, "offers/untrained").NextUInt64());
        return new Offer($"{source.Name}, untrained", BackbonePayload.FromModel(FixedPointModel.FromFloats(layout, weights)));
    }

    /// <summary>Trained as long on labels that say nothing.</summary>
    public static Offer Shuffled(ArmContext context, LearningTask source, RoundPolicy policy)
    {
        var random = SeededRandom.Derive(context.Digest, "offers/labels");
        var shuffled = source with
        {
            Sites = [.. source.Sites.Select(s => s with { Train = s.Train.WithLabels(Actors.Training.Baselines.RandomLabels(s.Train.Count, source.Classes, random)) })],
        };
        byte[] model = context.Others.Model(shuffled, TrainingArms.Collaborative("shuffled", BridgeExperiment.Untried(policy)), context.Seed);
        return new Offer($"{source.Name}, shuffled labels", Backbone(context, source, model));
    }

    /// <summary>The offer with the sign of every weight of a share of its coordinates turned and noise of its own size added.</summary>
    public static Offer Poisoned(ArmContext context, Offer offer, int variant)
    {
        var random = SeededRandom.Derive(context.Digest, $"offers/poison/{variant}");
        double deviation = Math.Sqrt(offer.Backbone.Values.Average(v => (double)v * v));
        int[] values = [.. offer.Backbone.Values.Select(v => random.Next(4) == 0 ? -v : (int)(v + deviation * random.NextGaussian()))];
        return new Offer($"{offer.Kind}, poisoned", new BackbonePayload(offer.Backbone.Tensors, values));
    }

    private static Offer Shorter(ArmContext context, LearningTask source, RoundPolicy policy, string name, int part)
    {
        var shorter = BridgeExperiment.Untried(policy) with { Rounds = Math.Max(1, policy.Rounds / part) };
        return new Offer($"{source.Name}, {name}", Backbone(context, source, context.Others.Model(source, TrainingArms.Collaborative(name, shorter), context.Seed)));
    }

    private static BackbonePayload Backbone(ArmContext context, LearningTask source, byte[] model) => BackbonePayload.FromModel(
        FixedPointModel.TryFromBytes(context.Architecture.Layout(source.Descriptor), model, out string? error) ?? throw new InvalidOperationException(error));
}
