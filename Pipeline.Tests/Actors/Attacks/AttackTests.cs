using Pipeline.Actors.Attacks;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;
using Pipeline.Tests.Actors.Training;
using TorchSharp;
using Xunit;

namespace Pipeline.Tests.Actors.Attacks;

/// <summary>Attacks that do not break what is undefended would prove nothing.</summary>
[Collection("torch")]
public sealed class AttackTests
{
    private readonly ResidualCnn _architecture = ResidualCnn.Small;
    private readonly ModelLayout _layout;
    private readonly float[] _weights;

    public AttackTests()
    {
        Assert.Null(new TorchRuntime().Load());
        _layout = _architecture.Layout(SyntheticImages.Task);
        _weights = _architecture.Initialize(_layout, 5);
    }

    [Fact]
    public void The_head_of_an_undefended_gradient_gives_label_and_features_away()
    {
        var images = SyntheticImages.Set(8, 3);
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        for (int i = 0; i < images.Count; i++)
        {
            var one = images.Subset([i]);
            float[] gradient = Gradient(one);
            Assert.Equal(one.Labels[0], HeadLeak.Label(_layout, gradient));
            float[] features = trainer.Predict(_weights, one).Features;
            Assert.All(HeadLeak.Features(_layout, gradient)!.Zip(features, (found, real) => Math.Abs(found - real)), apart => Assert.InRange(apart, 0, 1e-3f));
        }

        var eight = images.Subset([0, 1, 2, 3, 4, 6]);
        double[] probabilities = [.. trainer.Predict(_weights, images).Probabilities.Chunk(2).Aggregate(new double[2], (sum, p) => [sum[0] + p[0] / 8, sum[1] + p[1] / 8])];
        Assert.Equal(eight.ClassCounts(2), HeadLeak.Counts(_layout, Gradient(eight), 6, probabilities));
    }

    [Fact]
    public void A_payload_reads_as_the_gradient_that_made_it_where_it_was_sent()
    {
        var model = FixedPointModel.FromFloats(_layout, _weights);
        float[] gradient = Gradient(SyntheticImages.Set(4, 6)), start = model.ToFloats();
        var update = PartialUpdate.Build(
            model, model.Digest, SyntheticImages.Policy, 1, [.. start.Zip(gradient, (w, g) => w - 0.1f * g)], new float[_layout.Length], new SeededRandom(1));
        Assert.True(ObservedUpdate.TryRead(_layout, SyntheticImages.Policy, update.Payload, out var observed, out string? error), error);
        int[] sent = [.. Enumerable.Range(0, _layout.Length).Where(i => observed.Sent[i])];
        Assert.Equal(_layout.DenseLength + UpdateChecks.MaxSelected(_layout, SyntheticImages.Policy, 1), sent.Length);
        Assert.True(ImageQuality.Correlation([.. sent.Select(i => gradient[i])], [.. sent.Select(i => observed.Gradient[i])]) > 0.99);
        Assert.All(Enumerable.Range(0, _layout.Length).Except(sent), i => Assert.Equal(0, observed.Gradient[i]));
    }

    [Fact]
    public void A_model_that_has_memorised_is_found_out_and_one_that_has_seen_nothing_is_not()
    {
        var settings = TrainerSettings.Default with { Augmentation = new Augmentation(0, 0, 0, false) };
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, settings);
        var (inside, outside) = Canaries.Draw(SyntheticImages.Set(32, 8), 2, new SeededRandom(1));
        var policy = SyntheticImages.Policy with { Rounds = 1, LocalSteps = 60, BatchSize = 16 };
        float[] memorised = trainer.Train(1, _weights, inside, policy, new SeededRandom(2)).Weights;
        double[] members = Membership.Losses(trainer, memorised, inside), others = Membership.Losses(trainer, memorised, outside);
        Assert.True(Membership.Auc(members, others) > 0.8, $"AUC {Membership.Auc(members, others):0.00}");
        Assert.True(Canaries.Exposure(members, others) > 2);
        double before = Membership.Auc(Membership.Losses(trainer, _weights, inside), Membership.Losses(trainer, _weights, outside));
        Assert.InRange(before, 0.25, 0.75);
    }

    [Fact]
    public void Membership_by_loss_counts_ties_half_and_is_chance_between_equals()
    {
        Assert.Equal(1, Membership.Auc([0.1, 0.2], [0.3, 0.4]));
        Assert.Equal(0, Membership.Auc([0.5], [0.3, 0.4]));
        Assert.Equal(0.5, Membership.Auc([0.3, 0.3], [0.3]));
        Assert.Equal(double.NaN, Membership.Auc([], [1]));
        var (low, high) = Membership.Interval([.. Enumerable.Range(0, 50)], Names(50), [.. Enumerable.Range(0, 50)], Names(50), new SeededRandom(1));
        Assert.True(low < 0.5 && high > 0.5 && high - low < 0.3, $"{low} … {high}");
    }

    [Fact]
    public void Where_every_part_was_left_out_once_what_is_easy_about_a_patient_is_no_membership()
    {
        // Twelve patients of four images, in three parts; a patient's loss is its own, and a model that memorises takes something off its members'.
        string[] patients = [.. Enumerable.Range(0, 48).Select(i => $"p{i / 4}")];
        int[] parts = [.. Enumerable.Range(0, 48).Select(i => i / 4 % 3)];
        double[] ease = [.. Enumerable.Range(0, 48).Select(i => (double)(i / 4))];
        double[][] Losses(double memorised) => [.. Enumerable.Range(0, 3).Select(part => ease.Select((e, i) => e - (parts[i] == part ? 0 : memorised)).ToArray())];

        var (chance, low, high) = Membership.LeftOut(Losses(0), parts, patients, new SeededRandom(1));
        Assert.Equal(0.5, chance, 0.07);
        Assert.True(low < 0.5 && high > 0.5, $"{low} … {high}");
        Assert.Equal(1, Membership.LeftOut(Losses(100), parts, patients, new SeededRandom(1)).Auc);
        // One patient is in one part: nothing is told apart.
        Assert.Equal(double.NaN, Membership.LeftOut([[1.0, 2.0]], [0, 0], ["p", "p"], new SeededRandom(1)).Auc);
    }

    [Fact]
    public void Likeness_is_perfect_for_the_original_and_falls_with_noise()
    {
        var image = SyntheticImages.Set(1, 1);
        var random = new SeededRandom(3);
        float[] noisy = [.. image.Pixels.Select(v => v + (float)random.NextGaussian())];
        Assert.Equal(99, ImageQuality.Psnr(image.Pixels, image.Pixels));
        Assert.Equal(1, ImageQuality.Ssim(image.Pixels, image.Pixels, 32, 32), 1e-9);
        Assert.Equal(1, ImageQuality.Correlation(image.Pixels, image.Pixels), 1e-9);
        double range = image.Pixels.Max() - image.Pixels.Min();
        Assert.Equal(20 * Math.Log10(range), ImageQuality.Psnr(image.Pixels, noisy), 0.5);
        Assert.InRange(ImageQuality.Ssim(image.Pixels, noisy, 32, 32), 0, 0.9);
    }

    private float[] Gradient(ImageSet images)
    {
        var gradient = new float[_layout.Length];
        new TrainingNetwork(_architecture, _layout, torch.CPU).Gradient(
            _weights, images.Pixels, [.. images.Labels.Select(l => (long)l)], images.Height, images.Width, [1f, 1f], gradient);
        return gradient;
    }

    private static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => $"p{i}")];
}
