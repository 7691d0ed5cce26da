using Pipeline.Ledger.Application;
using Pipeline.Ledger.Codec;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Ledger.Rounds;
using Xunit;

namespace Pipeline.Tests.Ledger.Application;

public sealed class LearningPayloadChecksTests
{
    private static readonly TestChain Chain = new();
    private readonly LearningApplication _application = Chain.Start();
    private readonly LearningPayloadChecks _checks;

    public LearningPayloadChecksTests()
    {
        Chain.Apply(_application);
        _checks = LearningPayloadChecks.Of(_application);
    }

    [Fact]
    public void An_update_of_the_open_round_passes() => Assert.Null(Update(1, Chain.InitialModel.Digest));

    [Fact]
    public void An_update_of_a_later_round_passes_a_holder_that_is_behind() => Assert.Null(Update(2, TestChain.Named("not yet known")));

    [Fact]
    public void A_late_update_and_one_of_another_base_are_refused()
    {
        Assert.Contains("the chain is at round 1", Update(0, Chain.InitialModel.Digest));
        Assert.Contains("starts from", Update(1, TestChain.Named("other")));
    }

    [Fact]
    public void A_backbone_and_a_model_of_this_layout_pass_within_their_bounds()
    {
        byte[] backbone = Canonical.Encode(BackbonePayload.FromModel(Chain.InitialModel)), model = Chain.InitialModel.ToBytes();
        Assert.Null(_checks.Check(LearningPayloads.Backbone, backbone));
        Assert.Null(_checks.Check(LearningPayloads.Model, model));
        Assert.Equal(backbone.Length, _checks.MaxBytes(LearningPayloads.Backbone));
        Assert.Equal(model.Length, _checks.MaxBytes(LearningPayloads.Model));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    public void The_size_of_a_backbone_is_known_without_encoding_it(int length)
    {
        var layout = new ModelLayout([new TensorLayout("w", [length], ParameterRole.Backbone, 8)]);
        var model = new FixedPointModel(layout, new int[length], new int[length]);
        Assert.Equal(Canonical.Encode(BackbonePayload.FromModel(model)).Length, BackbonePayload.BytesFor(layout));
    }

    [Fact]
    public void A_backbone_of_other_tensors_and_a_model_of_another_layout_are_refused()
    {
        var layout = new ModelLayout([new TensorLayout("w", [4], ParameterRole.Backbone, 8)]);
        var model = new FixedPointModel(layout, new int[4], new int[4]);
        Assert.Contains("backbone tensors", _checks.Check(LearningPayloads.Backbone, Canonical.Encode(BackbonePayload.FromModel(model))));
        Assert.Contains("bytes", _checks.Check(LearningPayloads.Model, model.ToBytes()));
    }

    [Fact]
    public void Unknown_kinds_and_garbage_are_refused()
    {
        Assert.Equal(0, _checks.MaxBytes(9));
        Assert.Contains("kind 9", _checks.Check(9, new byte[3]));
        Assert.NotNull(_checks.Check(LearningPayloads.Update, new byte[] { 0xff, 0x00 }));
        Assert.NotNull(_checks.Check(LearningPayloads.Backbone, new byte[] { 0x9f }));
    }

    private string? Update(long round, Digest baseModel) =>
        _checks.Check(LearningPayloads.Update, Canonical.Encode(Chain.Update(round, baseModel, 1)));
}
