using Pipeline.Actors.Personalization;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Crypto;
using Pipeline.Tests.Actors.Training;
using Xunit;

namespace Pipeline.Tests.Actors.Personalization;

[Collection("torch")]
public sealed class PersonalizerTests
{
    private readonly ResidualCnn _architecture = ResidualCnn.Small;

    public PersonalizerTests() => Assert.Null(new TorchRuntime().Load());

    [Fact]
    public void Falls_back_to_the_better_of_local_and_global()
    {
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        ImageSet train = SyntheticImages.Set(48, 41), validation = SyntheticImages.Set(40, 42), test = SyntheticImages.Set(60, 43);
        float[] untrained = _architecture.Initialize(trainer.Layout, 1);
        float[] trained = Baselines.Train(
            _architecture, SyntheticImages.Task, TrainerSettings.Default, SyntheticImages.Policy, _architecture.Initialize(trainer.Layout, 2),
            SyntheticImages.Set(96, 44), Digest.Of([1]));
        var personalizer = new Personalizer(trainer, 2, new PersonalizerSettings(Steps: 6));
        foreach (var (global, local) in new[] { (trained, untrained), (untrained, trained) })
        {
            var result = personalizer.Run(global, local, SyntheticImages.Policy, train, validation, test, Digest.Of([2]));
            Assert.True(
                result.Personalized.Auc >= Math.Max(result.Local.Auc, result.Collaborative.Auc) - 0.01,
                $"{result.Chosen}: {result.Personalized.Auc} of {result.Local.Auc}, {result.Collaborative.Auc}");
            if (global == untrained)
                Assert.NotEqual("global", result.Chosen);
        }
    }

    [Fact]
    public void What_has_less_loss_and_may_rank_worse_does_not_replace_the_global_model()
    {
        // A global model that is sure of one class: whatever moves has less loss, and tuning on labels that say nothing ranks no better.
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        float[] global = Baselines.Train(
            _architecture, SyntheticImages.Task, TrainerSettings.Default, SyntheticImages.Policy, _architecture.Initialize(trainer.Layout, 2),
            SyntheticImages.Set(96, 44), Digest.Of([1]));
        global[trainer.Layout.Offsets[^1]] += 6;
        ImageSet train = SyntheticImages.Set(48, 41), validation = SyntheticImages.Set(40, 42);
        var random = new Pipeline.Actors.Updates.SeededRandom(3);
        train = train.WithLabels(Baselines.RandomLabels(train.Count, 2, random));
        var settings = new PersonalizerSettings(Steps: 12, RateFactor: 1, Confidence: 0.95, MinimumForBias: int.MaxValue);

        var strict = Choose(settings);
        var lax = Choose(settings with { RankTolerance = 1 });

        Assert.NotEqual("global", lax);
        Assert.Equal("global", strict);

        string Choose(PersonalizerSettings with) =>
            new Personalizer(trainer, 2, with).Choose(global, global, SyntheticImages.Policy, train, validation, Digest.Of([2])).Chosen;
    }

    [Fact]
    public void Keeps_the_global_model_where_nothing_can_be_validated()
    {
        var trainer = new SiteTrainer(_architecture, SyntheticImages.Task, TrainerSettings.Default);
        float[] weights = _architecture.Initialize(trainer.Layout, 1);
        var set = SyntheticImages.Set(8, 45);
        var result = new Personalizer(trainer, 2, new PersonalizerSettings()).Run(
            weights, weights, SyntheticImages.Policy, set, set.Subset([0]), set, Digest.Of([2]));
        Assert.Equal("global", result.Chosen);
        Assert.Equal(result.Collaborative, result.Personalized);
    }

    [Fact]
    public void A_shift_of_the_bias_finds_the_classes_that_a_model_underrates()
    {
        var random = new Pipeline.Actors.Updates.SeededRandom(9);
        int[] labels = [.. Enumerable.Range(0, 200).Select(i => i % 3)];
        var rows = new float[labels.Length * 3];
        for (int i = 0; i < labels.Length; i++)
        {
            // Scores that tell the classes, with the first class overrated by two nats.
            double[] scores = [.. Enumerable.Range(0, 3).Select(c => random.NextGaussian() + (c == labels[i] ? 1.5 : 0) + (c == 0 ? 2 : 0))];
            double total = scores.Sum(Math.Exp);
            for (int c = 0; c < 3; c++)
                rows[i * 3 + c] = (float)(Math.Exp(scores[c]) / total);
        }

        double[] shift = BiasShift.Fit(rows, labels, 3);

        Assert.InRange(shift[0] - (shift[1] + shift[2]) / 2, -2.4, -1.2);
        Assert.InRange(shift[1] - shift[2], -0.5, 0.5);
        Assert.Equal([0.0, 0, 0], BiasShift.Fit([], [], 3));
    }
}
