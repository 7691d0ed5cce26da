using Pipeline.Actors.Attacks;
using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using TorchSharp;

namespace Pipeline.Host.Attacks;

/// <summary>
/// Looks for images in updates. First in undefended gradients of single images, on a network where that is known to work; then, by the same search, in what
/// members send under the policy, on that network and on the chain's. All images of an update count as found by the one that the search came nearest to. What
/// it gained is told against an attacker without the update, who has the mean of other images, and what the search makes of another site's update.
/// </summary>
internal sealed class InversionAttack(AttackScene scene, AttackRequest request, Action<string> tell)
{
    /// <summary>What an update may gain an attacker, and how seldom hits must be to be no chance: for the search and for the learned inverter.</summary>
    internal const double Decibels = 1, Similarity = 0.03, Rare = 0.01;

    private const double ControlDecibels = 25;

    private readonly List<AttackResult.Figure> _figures = [];
    private readonly List<AttackPicture> _pictures = [];

    public (IReadOnlyList<AttackResult.Figure> Figures, IReadOnlyList<AttackPicture> Pictures) Run()
    {
        // The victim's images are exactly those that the steps of one round use: each once.
        int used = scene.Policy.LocalSteps * scene.Policy.BatchSize;
        var site = scene.Task.Sites.OrderByDescending(s => s.Train.Count).First();
        var victims = site.Train.Subset([.. Enumerable.Range(0, Math.Min(used, site.Train.Count))]);
        var outside = Others(site.Site);
        IArchitecture chain = ArchitectureCatalog.Create(request.Architecture), open = new LeNet();
        tell("positive control: undefended gradients of one image each");
        Undefended(open, victims, outside, AttackResult.Control);
        if (AttackResult.Passed(_figures))
        {
            tell($"undefended gradients on {chain.Id}");
            Undefended(chain, victims, outside, AttackResult.Insider);
            foreach (var network in new[] { open, chain })
                Defended(network, victims, outside);
            Outsider(victims, outside);
            foreach (var network in new[] { open, chain })
                new LearnedInversion(scene, request, tell, network, victims, outside).Run(_figures, _pictures);
        }

        return (_figures, _pictures);
    }

    /// <summary>Candidates that took no part in the victim's updates, the same for every image: one fewer than candidates in all.</summary>
    private ImageSet Others(string victim)
    {
        var outside = scene.NotOf(victim);
        if (outside.Count < request.Candidates - 1)
        {
            throw new CommandFailedException(
                $"{scene.Task.Name} has {outside.Count} images that are not of {victim}; {request.Candidates} candidates need {request.Candidates - 1}: give fewer --candidates, or more images");
        }

        int[] order = [.. Enumerable.Range(0, outside.Count)];
        scene.Random("candidates").Shuffle(order.AsSpan());
        return outside.Subset([.. order.Take(request.Candidates - 1)]);
    }

    private void Undefended(IArchitecture architecture, ImageSet victims, ImageSet others, string view)
    {
        var layout = architecture.Layout(scene.Task.Descriptor);
        float[] weights = scene.Start(architecture).ToFloats(), guess = Mean(others), gradient = new float[layout.Length];
        var network = new TrainingNetwork(architecture, layout, torch.CPU);
        var search = new GradientInversion(architecture, layout, request.Search);
        double[] decibels = new double[Math.Min(request.Controls, victims.Count)], similarity = new double[decibels.Length], blind = new double[decibels.Length];
        int hits = 0, labels = 0;
        var (chosen, seen) = (new List<ImageSet>(), new List<ObservedUpdate>());
        for (int i = 0; i < decibels.Length; i++)
        {
            var victim = victims.Subset([i * victims.Count / decibels.Length]);
            network.Gradient(weights, victim.Pixels, [victim.Labels[0]], victim.Height, victim.Width, Even, gradient);
            var observed = ObservedUpdate.Undefended((float[])gradient.Clone());
            int label = HeadLeak.Label(layout, gradient);
            labels += label == victim.Labels[0] ? 1 : 0;
            float[] found = search.Run(weights, observed, label, guess, victim.Height, victim.Width, scene.Stop).Image;
            decibels[i] = ImageQuality.Psnr(victim.Pixels, found);
            similarity[i] = ImageQuality.Ssim(victim.Pixels, found, victim.Height, victim.Width);
            blind[i] = ImageQuality.Psnr(victim.Pixels, guess);
            hits += Identification.Hits(Identification.Likeness(found, victim), Identification.Likeness(found, others));
            chosen.Add(victim);
            seen.Add(observed);
            if (i == 0 && scene.MayShow)
                _pictures.Add(new($"{architecture.Id}, one image, undefended: {decibels[i]:0.0} dB", victim.Height, victim.Width, victim.Pixels, found, guess));
        }

        double[][] inside = Align(network, weights, seen, ImageSet.Concat(chosen)), outside = Align(network, weights, seen, others);
        int aligned = Enumerable.Range(0, seen.Count).Sum(i => Identification.Hits([inside[i][i]], outside[i]));
        string subject = $"{architecture.Id}, {decibels.Length} gradients of one image, undefended";
        Add(AttackResult.Figure.Of(view, subject, "PSNR of the worst reconstruction, dB", decibels.Min(), blind.Min()), $"at least {ControlDecibels}", decibels.Min() >= ControlDecibels, view);
        _figures.Add(AttackResult.Figure.Of(view, subject, "SSIM, mean", similarity.Average()));
        int candidates = others.Count + 1;
        Add(Share(view, $"images found by reconstruction among {candidates}", hits, 1.0 / candidates), "all", hits == decibels.Length, view);
        // These two need no search, and must succeed on every network.
        Add(
            Share(AttackResult.Control, $"images found by gradient among {candidates}", aligned, 1.0 / candidates), "all", aligned == decibels.Length,
            AttackResult.Control);
        Add(Share(AttackResult.Control, "labels read from the head", labels, double.NaN), "all", labels == decibels.Length, AttackResult.Control);

        AttackResult.Figure Share(string by, string what, int count, double blindly) =>
            AttackResult.Figure.Of(by, subject, $"{what}, share", (double)count / decibels.Length, blindly);
    }

    /// <summary>Targets hold for controls alone: that an attack fails on something undefended is a fact, not a success.</summary>
    private void Add(AttackResult.Figure figure, string target, bool met, string view) => _figures.Add(view == AttackResult.Control ? figure.Must(target, met) : figure);

    private void Defended(IArchitecture architecture, ImageSet victims, ImageSet others)
    {
        var layout = architecture.Layout(scene.Task.Descriptor);
        var network = new TrainingNetwork(architecture, layout, torch.CPU);
        var search = new GradientInversion(architecture, layout, request.Search);
        var training = scene.Train(architecture, [victims, .. scene.Task.Sites.OrderByDescending(s => s.Train.Count).Skip(1).Select(s => s.Train)]);
        float[] guess = Mean(others);
        foreach (int round in request.Rounds.Order())
        {
            while (training.Round < round - 1)
                training.Step();
            float[] weights = training.Model.ToFloats();
            training.Step();
            tell($"the update of round {round} on {architecture.Id}");
            var observed = ObservedUpdate.OfOwn(layout, scene.Policy, training.Payloads[0]);
            float[] found = Search(observed), blind = Search(ObservedUpdate.OfOwn(layout, scene.Policy, training.Payloads[1]));
            string subject = $"{architecture.Id}, {request.PolicyName} policy, round {round}";
            Quality(AttackResult.Insider, subject, victims, found, guess, blind);
            Found(AttackResult.Insider, subject, "reconstruction", Identification.Likeness(found, victims), Identification.Likeness(found, others));
            Found(
                AttackResult.Insider, subject, "gradient", Align(network, weights, [observed], victims)[0], Align(network, weights, [observed], others)[0]);

            // The attacker does not know the labels: it takes the class that pulled hardest.
            float[] Search(ObservedUpdate update) =>
                search.Run(weights, update, HeadLeak.Label(layout, update.Gradient), guess, victims.Height, victims.Width, scene.Stop).Image;
        }
    }

    /// <summary>Digests are salted and sizes are the policy's: there is nothing to search by, so the best guess is all.</summary>
    private void Outsider(ImageSet victims, ImageSet others)
    {
        float[] guess = Mean(others);
        string subject = $"the chain's journal alone, {request.PolicyName} policy";
        Quality(AttackResult.Outsider, subject, victims, guess, guess);
        Found(AttackResult.Outsider, subject, "best guess", Identification.Likeness(guess, victims), Identification.Likeness(guess, others));
    }

    /// <param name="blind">What an attacker without the update has; of each image the best counts.</param>
    private void Quality(string view, string subject, ImageSet victims, float[] found, params float[][] blind)
    {
        int area = victims.Height * victims.Width;
        (double Decibels, double Similarity)[] with = [.. Each(found)];
        (double Decibels, double Similarity)[] without =
        [
            .. blind.Select(image => Each(image).ToArray()).Aggregate((one, other) =>
                [.. one.Zip(other, (a, b) => (Math.Max(a.Decibels, b.Decibels), Math.Max(a.Similarity, b.Similarity)))]),
        ];
        // The worst image, for who is attacked, is the one that the attacker gained most on.
        int worst = Enumerable.Range(0, with.Length).MaxBy(i => with[i].Decibels - without[i].Decibels);
        double gain = with[worst].Decibels - without[worst].Decibels, likeness = Enumerable.Range(0, with.Length).Max(i => with[i].Similarity - without[i].Similarity);
        _figures.Add(AttackResult.Figure.Of(view, subject, "PSNR of the best reconstruction, dB", with.Max(q => q.Decibels), without.Max(q => q.Decibels)));
        _figures.Add(AttackResult.Figure.Of(view, subject, "PSNR gained on the worst image, dB", gain, 0).Must($"at most {Decibels}", gain <= Decibels));
        _figures.Add(AttackResult.Figure.Of(view, subject, "SSIM gained on the worst image", likeness, 0).Must($"at most {Similarity}", likeness <= Similarity));
        if (scene.MayShow && view == AttackResult.Insider)
            _pictures.Add(new($"{subject}: {with[worst].Decibels:0.0} dB", victims.Height, victims.Width, victims.Subset([worst]).Pixels, found, blind[0]));

        IEnumerable<(double Decibels, double Similarity)> Each(float[] image) => Enumerable.Range(0, victims.Count).Select(i =>
        {
            var original = victims.Pixels.AsSpan(i * area, area);
            return (ImageQuality.Psnr(original, image), ImageQuality.Ssim(original, image, victims.Height, victims.Width));
        });
    }

    private void Found(string view, string subject, string by, double[] inside, double[] others)
    {
        int hits = Identification.Hits(inside, others), candidates = others.Length + 1;
        double chance = Identification.ChanceOf(hits, inside.Length, candidates);
        _figures.Add(AttackResult.Figure.Of(view, subject, $"images found by {by} among {candidates}, share of {inside.Length}", (double)hits / inside.Length, 1.0 / candidates)
            .Must($"chance: guessing hits so often with probability ≥ {Rare} (here {chance:0.###})", chance >= Rare));
        _figures.Add(AttackResult.Figure.Of(
            view, subject, $"AUC of telling images that took part by {by}", Membership.Auc([.. inside.Select(s => -s)], [.. others.Select(s => -s)]), 0.5));
    }

    private double[][] Align(TrainingNetwork network, float[] weights, IReadOnlyList<ObservedUpdate> updates, ImageSet images) =>
        Identification.Alignment(network, weights, updates, scene.Task.Classes, images, scene.Stop);

    private float[] Even => [.. Enumerable.Repeat(1f, scene.Task.Classes)];

    /// <summary>What somebody who knows the kind of image, and nothing else, would say.</summary>
    internal static float[] Mean(ImageSet images)
    {
        int area = images.Height * images.Width;
        var mean = new float[area];
        for (int i = 0; i < images.Pixels.Length; i++)
            mean[i % area] += images.Pixels[i] / images.Count;
        return mean;
    }
}
