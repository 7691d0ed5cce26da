using Pipeline.Actors.Attacks;
using Pipeline.Actors.Training;
using Pipeline.Host.Experiments;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Attacks;

/// <summary>
/// Who was trained on, and what was memorised of labels drawn by lot: by the loss of the final model (Yeom et al. 2018; Carlini et al. 2019), and where shadow
/// models are asked for by the likelihood ratio (Carlini et al. 2022).
/// </summary>
internal sealed class MembershipAttack(AttackScene scene, AttackRequest request, Action<string> tell)
{
    private const double ControlAuc = 0.8, Most = 0.55, ControlExposure = 2, ChanceExposure = 1.44;
    private const int ControlImages = 32, ControlSteps = 80, Canaries = 64;

    private readonly IArchitecture _architecture = ArchitectureCatalog.Create(request.Architecture);

    public IReadOnlyList<AttackResult.Figure> Run()
    {
        bool canaries = request.Kind == AttackKind.Canary;
        tell("positive control: a model that has memorised");
        var figures = Control();
        if (!AttackResult.Passed(figures))
            return figures;
        ImageSet[] sites = [.. scene.Task.Sites.Select(s => s.Train)];
        ImageSet inside = ImageSet.Concat(sites), outside = scene.Outside;
        if (canaries)
        {
            (inside, var left) = Actors.Attacks.Canaries.Draw(Some(outside, 2 * Canaries, "canaries"), scene.Task.Classes, scene.Random("lots"));
            outside = left;
            // Every site trains some of them.
            for (int s = 0; s < sites.Length; s++)
                sites[s] = ImageSet.Concat([sites[s], inside.Subset([.. Enumerable.Range(0, inside.Count).Where(i => i % sites.Length == s)])]);
        }

        float[] model = scene.FinalModel(_architecture, sites, Progress);
        var trainer = new SiteTrainer(_architecture, scene.Task.Descriptor, scene.Settings);
        double[] members = Membership.Losses(trainer, model, inside), others = Membership.Losses(trainer, model, outside);
        string subject = $"{_architecture.Id}, final model of {scene.Policy.Rounds} rounds, {request.PolicyName} policy";
        var auc = Auc(AttackResult.Insider, subject, "loss", members, inside.Patients, others, outside.Patients);
        var unseen = canaries ? null : Unseen(trainer, sites, outside);
        figures.Add((auc with { WithoutUpdate = unseen?.Value ?? auc.WithoutUpdate }).Must($"at most {Most}", auc.Value <= Most));
        if (unseen is not null)
            figures.Add(unseen);
        if (canaries)
            figures.Add(Exposure(AttackResult.Insider, subject, members, others));
        else if (request.Shadows > 0)
            figures.AddRange(ByLikelihood(AttackResult.Insider, subject, trainer, model, inside, outside, "shadows", ShadowChain));
        return figures;
    }

    private void Progress(long round)
    {
        if (round % 20 == 0)
            tell($"round {round} of {scene.Policy.Rounds}");
    }

    /// <summary>
    /// The same attack by chains that never saw the members, since patients of one split may be easier than those of another: each site's patients are cut in
    /// two, and either half is told from the others by a chain over the other half. The mean over both, weighted by images, and of the ends of their intervals.
    /// Null where the sites have a single patient each, so that a half is empty.
    /// </summary>
    private AttackResult.Figure? Unseen(SiteTrainer trainer, ImageSet[] sites, ImageSet outside)
    {
        int[][] folds = [.. sites.Select((site, i) => PatientFolds.Assign(site, 2, scene.Random($"halves/{i}")))];
        var halves = new List<(AttackResult.Figure Figure, int Count)>();
        for (int half = 0; half < 2; half++)
        {
            tell($"a chain over half of the patients, {half + 1} of 2");
            // A site with one patient has a half without images, and is left out of it.
            ImageSet[] seen = [.. Half(half == 0).Where(site => site.Count > 0)];
            var held = ImageSet.Concat([.. Half(half == 1)]);
            if (seen.Length == 0 || held.Count == 0)
                return null;
            float[] model = scene.FinalModel(_architecture, seen, Progress);
            halves.Add((Auc(
                AttackResult.Insider, $"{_architecture.Id}, chains over half of each site's patients", "loss", Membership.Losses(trainer, model, held), held.Patients,
                Membership.Losses(trainer, model, outside), outside.Patients), held.Count));
        }

        int count = halves.Sum(h => h.Count);
        return halves[0].Figure with
        {
            Measure = $"AUC of telling {count} members from {outside.Count} others by loss of a model that has not seen them",
            Value = Mean(f => f.Value),
            Low = Mean(f => f.Low),
            High = Mean(f => f.High),
        };

        double Mean(Func<AttackResult.Figure, double> of) => halves.Sum(h => h.Count * of(h.Figure)) / count;

        IEnumerable<ImageSet> Half(bool first) =>
            sites.Select((site, i) => site.Subset([.. Enumerable.Range(0, folds[i].Length).Where(row => folds[i][row] == 0 == first)]));
    }

    /// <summary>A chain over those images of the pool that are at <paramref name="kept"/>, each at its own hospital.</summary>
    private float[] ShadowChain(int[] kept, int shadow)
    {
        tell($"shadow chain {shadow + 1} of {request.Shadows}");
        ImageSet pool = ImageSet.Concat([.. scene.Task.Sites.Select(s => s.Train), scene.Outside]);
        int[] at = [.. Homes(s => s.Train), .. Homes(s => s.Validation), .. Homes(s => s.Test)];
        var sites = kept.GroupBy(i => at[i]).OrderBy(g => g.Key).Select(g => pool.Subset([.. g]));
        return scene.FinalModel(_architecture, [.. sites], _ => { });

        IEnumerable<int> Homes(Func<SiteImages, ImageSet> part) => scene.Task.Sites.SelectMany((s, number) => Enumerable.Repeat(number, part(s).Count));
    }

    private List<AttackResult.Figure> ByLikelihood(
        string view, string subject, SiteTrainer trainer, float[] model, ImageSet inside, ImageSet outside, string purpose, Func<int[], int, float[]> train)
    {
        var shadows = new ShadowModels(scene, trainer, ImageSet.Concat([inside, outside]), request.Shadows, purpose, train);
        double[] scores = shadows.Attack(model), members = scores[..inside.Count], others = scores[inside.Count..];
        return [
            Auc(view, subject, $"likelihood ratio, {request.Shadows} shadow models", members, inside.Patients, others, outside.Patients),
            AttackResult.Figure.Of(view, subject, "members found at 1 % false alarms, by likelihood ratio", Membership.Found(members, others, 0.01), 0.01),
        ];
    }

    /// <summary>Few images, many steps, no augmentation: whatever a network can memorise it has.</summary>
    private List<AttackResult.Figure> Control()
    {
        var trainer = new SiteTrainer(_architecture, scene.Task.Descriptor, TrainerSettings.Default with { Augmentation = new Augmentation(0, 0, 0, false) });
        var (inside, outside) = Actors.Attacks.Canaries.Draw(Some(scene.Outside, 2 * ControlImages, "control"), scene.Task.Classes, scene.Random("control-lots"));
        var policy = PolicyCatalog.Default with { Rounds = 1, LocalSteps = ControlSteps };
        float[] model = Memorise(inside, -1);
        double[] members = Membership.Losses(trainer, model, inside), others = Membership.Losses(trainer, model, outside);
        string subject = $"{_architecture.Id}, {inside.Count} images with labels by lot, {ControlSteps} steps";
        var auc = Auc(AttackResult.Control, subject, "loss", members, inside.Patients, others, outside.Patients);
        var exposure = Exposure(AttackResult.Control, subject, members, others);
        List<AttackResult.Figure> figures =
            [auc.Must($"at least {ControlAuc}", auc.Value >= ControlAuc), exposure.Must($"at least {ControlExposure}", exposure.Value >= ControlExposure)];
        if (request.Kind == AttackKind.Membership && request.Shadows > 0)
        {
            var pool = ImageSet.Concat([inside, outside]);
            var likelihood = ByLikelihood(AttackResult.Control, subject, trainer, model, inside, outside, "control-shadows", (kept, shadow) => Memorise(pool.Subset(kept), shadow));
            figures.AddRange([likelihood[0].Must($"at least {ControlAuc}", likelihood[0].Value >= ControlAuc), likelihood[1]]);
        }

        return figures;

        float[] Memorise(ImageSet images, int run)
        {
            trainer.Optimizer.Reset();
            return trainer.Train(1, scene.Start(_architecture).ToFloats(), images, policy, scene.Random($"control-batches/{run}")).Weights;
        }
    }

    private ImageSet Some(ImageSet images, int count, string purpose)
    {
        int[] order = [.. Enumerable.Range(0, images.Count)];
        scene.Random(purpose).Shuffle(order.AsSpan());
        return images.Subset([.. order.Take(count)]);
    }

    private AttackResult.Figure Auc(string view, string subject, string by, double[] members, string[] patients, double[] others, string[] otherPatients)
    {
        var (low, high) = Membership.Interval(members, patients, others, otherPatients, scene.Random("bootstrap"));
        return new(view, subject, $"AUC of telling {members.Length} members from {others.Length} others by {by}", Membership.Auc(members, others), low, high, 0.5, "", null);
    }

    private static AttackResult.Figure Exposure(string view, string subject, double[] members, double[] others) =>
        AttackResult.Figure.Of(view, subject, "mean exposure of the canaries, bits", Actors.Attacks.Canaries.Exposure(members, others), ChanceExposure);
}
