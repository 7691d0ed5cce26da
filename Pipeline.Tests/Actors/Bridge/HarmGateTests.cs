using Pipeline.Actors.Bridge;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Actors.Training;
using Xunit;

namespace Pipeline.Tests.Actors.Bridge;

[Collection("torch")]
public sealed class HarmGateTests
{
    private static readonly ResidualCnn Architecture = ResidualCnn.Small;
    private static readonly ModelLayout Layout = Architecture.Layout(SyntheticImages.Task);
    private readonly SiteTrainer _trainer = new(Architecture, SyntheticImages.Task, TrainerSettings.Default);
    private readonly FixedPointModel _own = FixedPointModel.FromFloats(Layout, Architecture.Initialize(Layout, 1));

    public HarmGateTests() => Assert.Null(new TorchRuntime().Load());

    [Fact]
    public void Accepts_a_backbone_that_helps_and_refuses_one_that_knows_nothing()
    {
        // Sixty images with a faint finding: too few to learn from in a short race without help.
        var data = SyntheticImages.Set(60, 31, 12_000);
        var gate = new HarmGate(_trainer, 2, new HarmGateSettings(Folds: 3));
        float[] learned = Baselines.Train(
            Architecture, SyntheticImages.Task, TrainerSettings.Default, SyntheticImages.Policy with { Rounds = 30 },
            Architecture.Initialize(Layout, 2), SyntheticImages.Set(200, 32, 16_000), Digest.Of([2]));
        Assert.True(Judge(gate, learned, data).Accept, Judge(gate, learned, data).Reason);
        Assert.False(Judge(gate, Architecture.Initialize(Layout, 3), data).Accept);
    }

    [Fact]
    public void Features_that_are_worse_for_certain_are_refused_by_the_figure_that_decided()
    {
        var data = SyntheticImages.Set(60, 31);
        float[] learned = Baselines.Train(
            Architecture, SyntheticImages.Task, TrainerSettings.Default, SyntheticImages.Policy with { Rounds = 30 },
            Architecture.Initialize(Layout, 2), SyntheticImages.Set(200, 32), Digest.Of([2]));
        var offer = new AuxiliaryBackbone("other", BackbonePayload.FromModel(FixedPointModel.FromFloats(Layout, Architecture.Initialize(Layout, 3))));
        var decision = new HarmGate(_trainer, 2, new HarmGateSettings()).Judge(FixedPointModel.FromFloats(Layout, learned), offer, SyntheticImages.Policy, data, Digest.Of([1]));
        Assert.False(decision.Accept);
        Assert.Matches(@"worse than our own for certain: by 0\.\d{3} AUC, averaged over folds, and at least 0\.\d{3}$", decision.Reason);
        Assert.True(double.IsNaN(decision.Gain));
    }

    [Fact]
    public void A_screen_trains_nothing_and_keeps_from_a_trial_only_what_is_worse_for_certain()
    {
        var data = SyntheticImages.Set(60, 31);
        var gate = new HarmGate(_trainer, 2, new HarmGateSettings());
        float[] learned = Baselines.Train(
            Architecture, SyntheticImages.Task, TrainerSettings.Default, SyntheticImages.Policy with { Rounds = 30 },
            Architecture.Initialize(Layout, 2), SyntheticImages.Set(200, 32), Digest.Of([2]));
        var untrained = new AuxiliaryBackbone("other", BackbonePayload.FromModel(FixedPointModel.FromFloats(Layout, Architecture.Initialize(Layout, 3))));
        // Knows nothing, as the chain's own does: a trial will show.
        var passed = gate.Screen(_own, untrained, data, Digest.Of([1]));
        Assert.True(passed.Accept, passed.Reason);
        Assert.Contains("worth a trial", passed.Reason, StringComparison.Ordinal);
        Assert.True(double.IsNaN(passed.Gain));
        Assert.Contains("worse than our own for certain", gate.Screen(FixedPointModel.FromFloats(Layout, learned), untrained, data, Digest.Of([1])).Reason, StringComparison.Ordinal);
        var huge = FixedPointModel.FromFloats(Layout, [.. learned.Select(w => 100 * w)]);
        Assert.Contains("norm", gate.Screen(_own, new AuxiliaryBackbone("other", BackbonePayload.FromModel(huge)), data, Digest.Of([1])).Reason, StringComparison.Ordinal);
        Assert.Contains("fewer than", gate.Screen(_own, untrained, SyntheticImages.Set(4, 34), Digest.Of([1])).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_another_shape_an_outsize_norm_and_scarce_data()
    {
        var gate = new HarmGate(_trainer, 2, new HarmGateSettings());
        var data = SyntheticImages.Set(60, 33);
        float[] huge = [.. Architecture.Initialize(Layout, 3).Select(w => 100 * w)];
        Assert.Contains("norm", Judge(gate, huge, data).Reason, StringComparison.Ordinal);
        Assert.Contains("fewer than", Judge(gate, Architecture.Initialize(Layout, 3), SyntheticImages.Set(4, 34)).Reason, StringComparison.Ordinal);
        var single = ImageSet.Of([.. SyntheticImages.Samples(60, 33).Select(s => s with { Patient = "one" })], data.Height, data.Width);
        Assert.Contains("fewer than 2 patients", Judge(gate, Architecture.Initialize(Layout, 3), single).Reason, StringComparison.Ordinal);
        var other = new ModelLayout([new TensorLayout("stem.weight", [4], ParameterRole.Backbone, 22)]);
        var offer = new AuxiliaryBackbone("other", BackbonePayload.FromModel(FixedPointModel.FromFloats(other, new float[4])));
        Assert.Contains("other shape", gate.Judge(_own, offer, SyntheticImages.Policy, data, Digest.Of([1])).Reason, StringComparison.Ordinal);
    }

    private GateDecision Judge(HarmGate gate, float[] weights, ImageSet data) => gate.Judge(
        _own, new AuxiliaryBackbone("other", BackbonePayload.FromModel(FixedPointModel.FromFloats(Layout, weights))), SyntheticImages.Policy,
        data, Digest.Of([1]));
}
