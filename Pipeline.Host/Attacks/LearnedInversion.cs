using Pipeline.Actors.Attacks;
using Pipeline.Actors.Training;
using Pipeline.Actors.Updates;
using Pipeline.Host.Experiments;
using Pipeline.Ledger.Rounds;
using TorchSharp;

namespace Pipeline.Host.Attacks;

/// <summary>
/// The attack by <see cref="LearnedInverter"/> on one network: taught by what the attacker makes of one half of its patients' images; those of the other half are the
/// candidates. First on undefended gradients of single images; where it finds no more of them than by chance it judges nothing, and voids nothing that the search found.
/// </summary>
internal sealed class LearnedInversion(AttackScene scene, AttackRequest request, Action<string> tell, IArchitecture architecture, ImageSet victims, ImageSet outside)
{
    private const double NeverByChance = 1e-4;

    /// <summary>Examples of each image by other shifts and exposures, examples at most, and updates of the attacker's own that the inverter is not taught.</summary>
    private const int Repeats = 4, MostExamples = 4000, Blinds = 16;

    private readonly ModelLayout _layout = architecture.Layout(scene.Task.Descriptor);
    private readonly SeededRandom _random = scene.Random($"learned/{architecture.Id}");
    private readonly int _area = victims.Height * victims.Width;

    /// <param name="figures">Receives what was reached.</param>
    /// <param name="pictures">Receives pictures, where images may be shown.</param>
    public void Run(List<AttackResult.Figure> figures, List<AttackPicture> pictures)
    {
        var (own, rest) = Halves();
        if (own.Count < 2 * victims.Count || rest.Count == 0)
        {
            string few = $"{own.Count} images of half of the attacker's patients, for updates of {victims.Count}";
            tell($"no learned inverter on {architecture.Id}: {few}; give more --candidates");
            figures.Add(AttackResult.Figure.Of(AttackResult.Insider, architecture.Id, $"no learned inverter: {few}", double.NaN));
            return;
        }

        tell($"a learned inverter of undefended gradients on {architecture.Id}");
        if (Undefended(own, rest, figures, pictures))
        {
            tell($"a learned inverter of updates on {architecture.Id}");
            Defended(own, rest, figures);
        }
    }

    /// <summary>By patient, so that no candidate is a sibling of an image that the inverter was taught.</summary>
    private (ImageSet Own, ImageSet Others) Halves()
    {
        string[] patients = [.. outside.Patients.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        _random.Shuffle(patients.AsSpan());
        var taught = patients.Take(patients.Length / 2).ToHashSet(StringComparer.Ordinal);
        return (Half(true), Half(false));

        ImageSet Half(bool own) => outside.Subset([.. Enumerable.Range(0, outside.Count).Where(i => taught.Contains(outside.Patients[i]) == own)]);
    }

    /// <returns>Whether the inverter finds images more often than what it makes of other images would.</returns>
    private bool Undefended(ImageSet own, ImageSet rest, List<AttackResult.Figure> figures, List<AttackPicture> pictures)
    {
        var network = new TrainingNetwork(architecture, _layout, torch.CPU);
        float[] weights = scene.Start(architecture).ToFloats(), gradient = new float[_layout.Length], mean = InversionAttack.Mean(own);
        float[] even = [.. Enumerable.Repeat(1f, scene.Task.Classes)];
        var inverter = new LearnedInverter(_area, _random);
        var examples = Enumerable.Range(0, Math.Min(MostExamples, Repeats * own.Count)).Select(i =>
        {
            var image = new float[_area];
            scene.Settings.Augmentation.Apply(Image(own, i % own.Count).Span, image, own.Height, own.Width, _random);
            return new LearnedInverter.Example(Sketch(image, own.Labels[i % own.Count]), [image]);
        }).ToArray();
        inverter.Learn(examples, request.LearningSteps, _random, scene.Stop);
        float[][] found = [.. Enumerable.Range(0, victims.Count).Select(i => inverter.Invert(Sketch(Image(victims, i).ToArray(), victims.Labels[i])))];
        // Of each reconstruction, the victims that are more like it than every candidate: its own, and others, which it found by what all images share.
        double[][] likeness = [.. found.Select(f => Identification.Likeness(f, victims))];
        double[] best = [.. found.Select(f => Identification.Likeness(f, rest).Max())];
        int hits = Enumerable.Range(0, found.Length).Count(i => likeness[i][i] > best[i]);
        int others = Enumerable.Range(0, found.Length).Sum(i => Enumerable.Range(0, found.Length).Count(j => j != i && likeness[i][j] > best[i]));
        double byOthers = Math.Max((double)others / Math.Max(1, found.Length * (found.Length - 1)), 1.0 / (rest.Count + 1));
        double chance = Identification.ChanceOf(hits, found.Length, byOthers);
        string subject = $"{architecture.Id}, {victims.Count} gradients of one image, undefended";
        figures.Add(AttackResult.Figure.Of(
            AttackResult.Insider, subject, "PSNR of the learned inverter, mean, dB", Each(found).Average(), Each([.. found.Select(_ => mean)]).Average()));
        figures.Add(AttackResult.Figure.Of(
            AttackResult.Insider, subject, $"images found by the learned inverter among {rest.Count + 1}, share of {victims.Count}", (double)hits / found.Length, byOthers)
            .Must($"more than by chance, or it judges nothing (hits so often with probability < {NeverByChance}, here {chance:0.######})", chance < NeverByChance));
        if (scene.MayShow)
            pictures.Add(new($"{architecture.Id}, one image, undefended, learned inverter: {Each(found).First():0.0} dB", victims.Height, victims.Width, Image(victims, 0).ToArray(), found[0], mean));
        return chance < NeverByChance;

        IEnumerable<double> Each(float[][] images) => images.Select((image, i) => ImageQuality.Psnr(Image(victims, i).Span, image));

        float[] Sketch(float[] image, int label)
        {
            scene.Stop.ThrowIfCancellationRequested();
            network.Gradient(weights, image, [label], own.Height, own.Width, even, gradient);
            return inverter.Sketch(ObservedUpdate.Undefended(gradient));
        }
    }

    /// <summary>The attacker makes updates as a member in its first round would make them: it does not know what the victim has not sent yet, nor its optimizer.</summary>
    private void Defended(ImageSet own, ImageSet rest, List<AttackResult.Figure> figures)
    {
        var training = scene.Train(architecture, [victims, .. scene.Task.Sites.OrderByDescending(s => s.Train.Count).Skip(1).Select(s => s.Train)]);
        var trainer = new SiteTrainer(architecture, scene.Task.Descriptor, scene.Settings);
        float[] mean = InversionAttack.Mean(own);
        foreach (int round in request.Rounds.Order())
        {
            while (training.Round < round - 1)
                training.Step();
            var model = training.Model;
            training.Step();
            var inverter = new LearnedInverter(_area, _random);
            var examples = Enumerable.Range(0, request.LearningUpdates + Blinds).Select(i => Simulate(model, round, i)).ToArray();
            inverter.Learn(examples[Blinds..], request.LearningSteps, _random, scene.Stop);
            float[] found = inverter.Invert(Sketch(training.Payloads[0]));
            float[][] blind = [.. examples[..Blinds].Select(e => inverter.Invert(e.Sketch))];
            string subject = $"{architecture.Id}, {request.PolicyName} policy, round {round}, learned inverter";
            Compare(figures, subject, "PSNR gained over the mean image on the worst image, dB", InversionAttack.Decibels, image => Gain(image, mean, (o, r) => ImageQuality.Psnr(o, r)), found, blind);
            Compare(
                figures, subject, "SSIM gained over the mean image on the worst image", InversionAttack.Similarity,
                image => Gain(image, mean, (o, r) => ImageQuality.Ssim(o, r, victims.Height, victims.Width)), found, blind);
            int hits = Identification.Hits(Identification.Likeness(found, victims), Identification.Likeness(found, rest));
            int[] byBlind = [.. blind.Select(b => Identification.Hits(Identification.Likeness(b, victims), Identification.Likeness(b, rest)))];
            double byOthers = Math.Max(byBlind.Average() / victims.Count, 1.0 / (rest.Count + 1));
            double chance = Identification.ChanceOf(hits, victims.Count, byOthers);
            figures.Add(AttackResult.Figure.Of(
                AttackResult.Insider, subject, $"images found among {rest.Count + 1}, share of {victims.Count}", (double)hits / victims.Count, byOthers)
                .Must(
                    $"chance: hits so often by other updates with probability ≥ {InversionAttack.Rare} (here {chance:0.###}), or no more than one of them gave ({byBlind.Max()})",
                    // Hits of one image come together, so that the binomial alone would call a generic one a leak.
                    chance >= InversionAttack.Rare || hits <= byBlind.Max()));

            LearnedInverter.Example Simulate(FixedPointModel from, long at, int number)
            {
                scene.Stop.ThrowIfCancellationRequested();
                int[] order = [.. Enumerable.Range(0, own.Count)];
                _random.Shuffle(order.AsSpan());
                int[] chosen = [.. order.Take(victims.Count)];
                var (state, _, error) = SiteRound.Run(
                    trainer, SiteState.Fresh(_layout.Length), from, from.Digest, scene.Policy, at, scene.Digest, $"attacker/{number}", own.Subset(chosen));
                return new LearnedInverter.Example(
                    Sketch((state ?? throw new InvalidOperationException($"the attacker's training: {error}")).Payload), [.. chosen.Select(i => Image(own, i))]);
            }

            float[] Sketch(byte[] payload) => inverter.Sketch(ObservedUpdate.OfOwn(_layout, scene.Policy, payload));
        }
    }

    /// <summary>The same statistic of the victim's update and of each update that has nothing of the victim; their median is what the attacker has without it.</summary>
    private static void Compare(
        List<AttackResult.Figure> figures, string subject, string measure, double bar, Func<float[], double> statistic, float[] found, float[][] blind)
    {
        double[] without = [.. blind.Select(statistic).Order()];
        double with = statistic(found), median = without[without.Length / 2];
        int above = without.Count(w => w >= with);
        figures.Add(AttackResult.Figure.Of(AttackResult.Insider, subject, $"{measure}; {above} of {without.Length} other updates give as much", with, median)
            .Must($"at most {bar} more than without", with - median <= bar));
    }

    private double Gain(float[] image, float[] mean, Func<float[], float[], double> quality) => Enumerable.Range(0, victims.Count).Max(i =>
    {
        float[] original = Image(victims, i).ToArray();
        return quality(original, image) - quality(original, mean);
    });

    private ReadOnlyMemory<float> Image(ImageSet set, int index) => set.Pixels.AsMemory(index * _area, _area);
}
