using System.Globalization;
using Pipeline.Actors.Bridge;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Experiments;

/// <summary>How the institutions of a task vote: each by its own images; on an offer n−f accepting votes decide, on a trial the middle of all.</summary>
internal sealed class BridgeVotes(ArmContext context)
{
    private readonly HarmGateSettings _settings = new HarmGateSettings() with { Confidence = GateQuorum.SiteConfidence(context.Task.Sites.Count, QuorumOf(context.Task.Sites.Count)) };

    /// <param name="Words">The votes: <c>4 of 5</c> of an offer, <c>15 −5 0 20 35 points</c> of a trial.</param>
    /// <param name="Notes">Of each institution.</param>
    public sealed record Result(bool Accepted, string Words, IReadOnlyList<ArmRun.Note> Notes);

    /// <summary>On an offer: its screen where the policy has it tried by all, and else the whole gate.</summary>
    /// <param name="own">The chain's model at this moment.</param>
    public Result OnOffer(FixedPointModel own, BridgeOffers.Offer offer, RoundPolicy policy)
    {
        var notes = Ask(offer.Kind, site =>
        {
            var gate = new HarmGate(new SiteTrainer(context.Architecture, context.Task.Descriptor, context.Settings), context.Task.Classes, _settings);
            var backbone = new AuxiliaryBackbone(offer.Kind, offer.Backbone);
            var images = ImageSet.Concat([site.Train, site.Validation]);
            return policy.Trial is null ? gate.Judge(own, backbone, policy, images, Seed(own)) : gate.Screen(own, backbone, images, Seed(own));
        });
        int accepting = notes.Count(n => n.Accepted);
        return new Result(accepting >= Quorum, string.Create(CultureInfo.InvariantCulture, $"{accepting} of {notes.Count}"), notes);
    }

    /// <summary>On a trial's two models, by validation images. An institution with too few of a class casts no vote.</summary>
    public Result OnTrial(FixedPointModel own, FixedPointModel offered, BridgeOffers.Offer offer, TrialPolicy terms)
    {
        var gate = new TrialGate(context.Task.Classes);
        var notes = Ask($"{offer.Kind}, trial", site => gate.Shortage(site.Validation.Labels) is { } shortage
            ? new GateDecision(false, $"no vote: {shortage}", double.NaN, double.NaN, double.NaN, double.NaN)
            : gate.Judge(Predict(own, site), Predict(offered, site), site.Validation.Labels));
        int[] gains = [.. notes.Where(n => double.IsFinite(n.Effect)).Select(n => TrialVote.Of(1, n.Effect).Gain)];
        bool accepted = gains.Length >= Quorum && terms.Accepts(gains, Faults);
        return new Result(accepted, $"{string.Join(' ', gains.Select(g => (g * TrialVote.StepPpm / 10_000).ToString(CultureInfo.InvariantCulture).Replace('-', '−')))} points", notes);
    }

    private int Faults => (context.Task.Sites.Count - 1) / 3;

    private int Quorum => QuorumOf(context.Task.Sites.Count);

    private float[] Predict(FixedPointModel model, SiteImages site) => context.Trainer.Predict(model.ToFloats(), site.Validation).Probabilities;

    private List<ArmRun.Note> Ask(string what, Func<SiteImages, GateDecision> judge)
    {
        var notes = new List<ArmRun.Note>();
        foreach (var site in context.Task.Sites)
        {
            var decision = judge(site);
            notes.Add(new(site.Site, $"{what}: {decision.Reason}", decision.Accept, decision.Gain));
            context.Stop.ThrowIfCancellationRequested();
        }

        return notes;
    }

    private static int QuorumOf(int members) => members - (members - 1) / 3;

    private Digest Seed(FixedPointModel own) => Digest.Of([.. context.Digest.ToArray(), .. own.Digest.ToArray()]);
}
