using Pipeline.Actors.Attacks;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Tests.Actors.Training;
using TorchSharp;
using Xunit;

namespace Pipeline.Tests.Actors.Attacks;

/// <summary>The search finds the image in an undefended gradient; ranks and chances count what they say.</summary>
[Collection("torch")]
public sealed class GradientInversionTests
{
    public GradientInversionTests() => Assert.Null(new TorchRuntime().Load());

    [Fact]
    public void An_undefended_gradient_of_one_image_gives_the_image_away()
    {
        var images = SyntheticImages.Set(40, 3);
        var network = new LeNet();
        var layout = network.Layout(SyntheticImages.Task);
        float[] weights = network.Initialize(layout, 1), gradient = new float[layout.Length];
        var victim = images.Subset([1]);
        new TrainingNetwork(network, layout, torch.CPU).Gradient(
            weights, victim.Pixels, [victim.Labels[0]], images.Height, images.Width, [1f, 1f], gradient);
        long live = torch.Tensor.TotalCount;
        var found = new GradientInversion(network, layout, new InversionSettings(Steps: 250)).Run(
            weights, ObservedUpdate.Undefended(gradient), HeadLeak.Label(layout, gradient), new float[victim.Pixels.Length], images.Height, images.Width);
        Assert.Equal(live, torch.Tensor.TotalCount);
        double psnr = ImageQuality.Psnr(victim.Pixels, found.Image);
        Assert.True(psnr > 25, $"{psnr:0.0} dB at distance {found.Distance:0.0000}");
        double[] likeness = Identification.Likeness(found.Image, images);
        Assert.Equal(1, Array.IndexOf(likeness, likeness.Max()));
    }

    [Fact]
    public void A_learned_inverter_makes_images_of_updates_that_it_never_saw()
    {
        var images = SyntheticImages.Set(420, 3);
        var network = new LeNet();
        var layout = network.Layout(SyntheticImages.Task);
        float[] weights = network.Initialize(layout, 1);
        var training = new TrainingNetwork(network, layout, torch.CPU);
        var random = new SeededRandom(1);
        var inverter = new LearnedInverter(SyntheticImages.Side * SyntheticImages.Side, random);
        LearnedInverter.Example[] examples = [.. Enumerable.Range(0, 420).Select(Example)];
        long live = torch.Tensor.TotalCount;
        int untaught = Hits();
        inverter.Learn(examples[..400], 300, random);
        int taught = Hits();
        Assert.Equal(live, torch.Tensor.TotalCount);
        // Ranks among twenty: by chance 10.5 in the mean.
        Assert.True(taught < 0.75 * untaught && taught < 20 * 7.5, $"ranks sum to {taught}, untaught to {untaught}");
        Assert.Throws<ArgumentException>(() => inverter.Learn([], 1, random));

        int Hits() => Enumerable.Range(400, 20).Sum(i =>
        {
            double[] likeness = Identification.Likeness(inverter.Invert(examples[i].Sketch), images.Subset([.. Enumerable.Range(400, 20)]));
            return likeness.Count(l => l >= likeness[i - 400]);
        });

        LearnedInverter.Example Example(int i)
        {
            var gradient = new float[layout.Length];
            float[] image = images.Subset([i]).Pixels;
            training.Gradient(weights, image, [images.Labels[i]], images.Height, images.Width, [1f, 1f], gradient);
            return new LearnedInverter.Example(inverter.Sketch(ObservedUpdate.Undefended(gradient)), [image]);
        }
    }

    [Fact]
    public void The_networks_of_chains_can_be_searched_too_and_leave_no_tensor_behind()
    {
        var images = SyntheticImages.Set(4, 3);
        var architecture = ResidualCnn.Small;
        var layout = architecture.Layout(SyntheticImages.Task);
        float[] weights = architecture.Initialize(layout, 1), gradient = new float[layout.Length];
        var victim = images.Subset([0]);
        new TrainingNetwork(architecture, layout, torch.CPU).Gradient(
            weights, victim.Pixels, [victim.Labels[0]], images.Height, images.Width, [1f, 1f], gradient);
        long live = torch.Tensor.TotalCount;
        var start = new float[victim.Pixels.Length];
        var random = new SeededRandom(1);
        foreach (ref float value in start.AsSpan())
            value = (float)random.NextGaussian();
        var observed = ObservedUpdate.Undefended(gradient);
        double before = new GradientInversion(architecture, layout, new InversionSettings(Steps: 1)).Run(weights, observed, 0, start, 32, 32).Distance;
        double after = new GradientInversion(architecture, layout, new InversionSettings(Steps: 60)).Run(weights, observed, 0, start, 32, 32).Distance;
        Assert.Equal(live, torch.Tensor.TotalCount);
        Assert.True(after < before / 2, $"{before} to {after}");
    }

    [Fact]
    public void Candidates_that_took_part_stand_out_of_an_undefended_gradient()
    {
        var images = SyntheticImages.Set(30, 4);
        var architecture = ResidualCnn.Small;
        var layout = architecture.Layout(SyntheticImages.Task);
        var network = new TrainingNetwork(architecture, layout, torch.CPU);
        float[] weights = architecture.Initialize(layout, 1), gradient = new float[layout.Length];
        network.Gradient(weights, images.Subset([7]).Pixels, [images.Labels[7]], images.Height, images.Width, [1f, 1f], gradient);
        double[] scores = Identification.Alignment(network, weights, [ObservedUpdate.Undefended(gradient)], 2, images)[0];
        Assert.Equal(1, scores[7], 1e-5);
        Assert.Equal(1, Identification.Hits([scores[7]], [.. scores.Where((_, i) => i != 7)]));
    }

    [Fact]
    public void Chance_is_the_binomial_tail()
    {
        Assert.Equal(1, Identification.ChanceOf(0, 160, 1000));
        Assert.Equal(1 - Math.Pow(0.999, 160), Identification.ChanceOf(1, 160, 1000), 1e-12);
        Assert.Equal(0.25, Identification.ChanceOf(2, 2, 2), 1e-12);
        Assert.Equal(0.75, Identification.ChanceOf(1, 2, 0.5), 1e-12);
        Assert.Equal(1, Identification.ChanceOf(1, 2, 1.0));
        Assert.Equal(1, Identification.Hits([0.4, 0.6], [0.5, 0.1]));
    }
}
