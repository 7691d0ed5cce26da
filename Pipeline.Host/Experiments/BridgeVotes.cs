using System.Globalization;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>How the institutions of a task vote: each by its own images, n−f accepting votes decide.</summary>
internal sealed class BridgeVotes(ArmContext context)
{
    private readonly HarmGateSettings _settings = new HarmGateSettings() with { Confidence = GateQuorum.SiteConfidence(context.Task.Sites.Count, QuorumOf(context)) };

    /// <summary>The decision of all, and a note of each.</summary>
    public sealed record Result(bool Accepted, IReadOnlyList<ArmRun.Note> Notes)
    {
        /// <summary>For instance <c>4 of 5</c>.</summary>
        public string Count => string.Create(CultureInfo.InvariantCulture, $"{Notes.Count(n => n.Accepted)} of {Notes.Count}");
    }

    /// <summary>On an offer: its screen where the policy has it tried by all, and else the whole gate.</summary>
    /// <param name="own">The chain's model at this moment.</param>
    public Result OnOffer(FixedPointModel own, BridgeOffers.Offer offer, RoundPolicy policy) => Count(offer.Kind, site =>
    {
        var gate = new HarmGate(new SiteTrainer(context.Architecture, context.Task.Descriptor, context.Settings), context.Task.Classes, _settings);
        var backbone = new AuxiliaryBackbone(offer.Kind, offer.Backbone);
        var images = ImageSet.Concat([site.Train, site.Validation]);
        return policy.Trial is null ? gate.Judge(own, backbone, policy, images, Seed(own)) : gate.Screen(own, backbone, images, Seed(own));
    });

    /// <summary>On a trial's two models, by validation images. An institution with too few of a class casts no vote.</summary>
    public Result OnTrial(FixedPointModel own, FixedPointModel offered, BridgeOffers.Offer offer)
    {
        var gate = new TrialGate(context.Task.Classes, _settings.Confidence);
        return Count($"{offer.Kind}, trial", site => gate.Shortage(site.Validation.Labels) is { } shortage
            ? new GateDecision(false, $"no vote: {shortage}", double.NaN, double.NaN, double.NaN, double.NaN)
            : gate.Judge(Predict(own, site), Predict(offered, site), site.Validation.Labels, site.Validation.Patients, Seed(own)));
    }

    private float[] Predict(FixedPointModel model, SiteImages site) => context.Trainer.Predict(model.ToFloats(), site.Validation).Probabilities;

    private Result Count(string what, Func<SiteImages, GateDecision> judge)
    {
        var notes = new List<ArmRun.Note>();
        foreach (var site in context.Task.Sites)
        {
            var decision = judge(site);
            notes.Add(new(site.Site, $"{what}: {decision.Reason}", decision.Accept, decision.Gain));
            context.Stop.ThrowIfCancellationRequested();
        }

        return new Result(notes.Count(v => v.Accepted) >= QuorumOf(context), notes);
    }

    private Digest Seed(FixedPointModel own) => Digest.Of([.. context.Digest.ToArray(), .. own.Digest.ToArray()]);

    private static int QuorumOf(ArmContext context) => context.Task.Sites.Count - (context.Task.Sites.Count - 1) / 3;
}
