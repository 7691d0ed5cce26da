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
        if (canaries)
        {
            figures.AddRange([AtMost(auc), Exposure(AttackResult.Insider, subject, members, others)]);
            return figures;
        }

        // Chance is what a model without the members reaches, which on the data's own split need not be one half.
        figures.AddRange([auc with { WithoutUpdate = double.NaN }, AtMost(LeftOut(trainer))]);
        if (request.Shadows > 0)
            figures.AddRange(ByLikelihood(AttackResult.Insider, subject, trainer, model, inside, outside, "shadows", ShadowChain));
        return figures;

        AttackResult.Figure AtMost(AttackResult.Figure figure) => figure.Must($"at most {Most}", figure.Value <= Most);
    }

    private void Progress(long round)
    {
        if (round % 20 == 0)
            tell($"round {round} of {scene.Policy.Rounds}");
    }

    /// <summary>
    /// The attack as its game has it (Yeom et al. 2018): who is a member is drawn by lot. Each of several parts of every institution's patients, whatever split of
    /// the data they are of, is left out of one chain in turn, since patients of one split may be easier than those of another whoever was trained on.
    /// </summary>
    private AttackResult.Figure LeftOut(SiteTrainer trainer)
    {
        ImageSet[] sites = [.. scene.Task.Sites.Select(s => ImageSet.Concat([s.Train, s.Validation, s.Test]))];
        int[][] parts = [.. sites.Select((site, i) => PatientFolds.Assign(site, request.Parts, scene.Random($"parts/{i}")))];
        ImageSet everybody = ImageSet.Concat(sites);
        var losses = new List<double[]>();
        for (int part = 0; part < request.Parts; part++)
        {
            tell($"a chain without a part of the patients, {part + 1} of {request.Parts}");
            // An institution with few patients may have none left, and then takes no part.
            ImageSet[] seen = [.. sites.Select((site, i) => site.Subset([.. Enumerable.Range(0, site.Count).Where(row => parts[i][row] != part)])).Where(site => site.Count > 0)];
            losses.Add(Membership.Losses(trainer, scene.FinalModel(_architecture, seen, Progress), everybody));
        }

        var (auc, low, high) = Membership.LeftOut(losses, [.. parts.SelectMany(p => p)], everybody.Patients, scene.Random("bootstrap/parts"));
        return new(
            AttackResult.Insider, $"{_architecture.Id}, final models of {scene.Policy.Rounds} rounds without one of {request.Parts} parts of the patients, by lot",
            $"AUC of telling members from others of {everybody.Count} images by loss", auc, low, high, 0.5, "", null);
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
