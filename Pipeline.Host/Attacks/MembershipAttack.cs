using Pipeline.Actors.Attacks;
using Pipeline.Actors.Training;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Attacks;

/// <summary>Who was trained on, and what was memorised of labels drawn by lot: both by the loss of the final model (Yeom et al. 2018; Carlini et al. 2019).</summary>
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

        float[] model = scene.FinalModel(_architecture, sites, round =>
        {
            if (round % 20 == 0)
                tell($"round {round} of {scene.Policy.Rounds}");
        });
        var trainer = new SiteTrainer(_architecture, scene.Task.Descriptor, scene.Settings);
        double[] members = Membership.Losses(trainer, model, inside), others = Membership.Losses(trainer, model, outside);
        string subject = $"{_architecture.Id}, final model of {scene.Policy.Rounds} rounds, {request.PolicyName} policy";
        var auc = Auc(AttackResult.Insider, subject, members, inside.Patients, others, outside.Patients);
        figures.Add(auc.Must($"at most {Most}", auc.Value <= Most));
        if (canaries)
            figures.Add(Exposure(AttackResult.Insider, subject, members, others));
        return figures;
    }

    /// <summary>Few images, many steps, no augmentation: whatever a network can memorise it has.</summary>
    private List<AttackResult.Figure> Control()
    {
        var trainer = new SiteTrainer(_architecture, scene.Task.Descriptor, TrainerSettings.Default with { Augmentation = new Augmentation(0, 0, 0, false) });
        var (inside, outside) = Actors.Attacks.Canaries.Draw(Some(scene.Outside, 2 * ControlImages, "control"), scene.Task.Classes, scene.Random("control-lots"));
        var policy = PolicyCatalog.Default with { Rounds = 1, LocalSteps = ControlSteps };
        float[] model = trainer.Train(1, scene.Start(_architecture).ToFloats(), inside, policy, scene.Random("control-batches")).Weights;
        double[] members = Membership.Losses(trainer, model, inside), others = Membership.Losses(trainer, model, outside);
        string subject = $"{_architecture.Id}, {inside.Count} images with labels by lot, {ControlSteps} steps";
        var auc = Auc(AttackResult.Control, subject, members, inside.Patients, others, outside.Patients);
        var exposure = Exposure(AttackResult.Control, subject, members, others);
        return [auc.Must($"at least {ControlAuc}", auc.Value >= ControlAuc), exposure.Must($"at least {ControlExposure}", exposure.Value >= ControlExposure)];
    }

    private ImageSet Some(ImageSet images, int count, string purpose)
    {
        int[] order = [.. Enumerable.Range(0, images.Count)];
        scene.Random(purpose).Shuffle(order.AsSpan());
        return images.Subset([.. order.Take(count)]);
    }

    private AttackResult.Figure Auc(string view, string subject, double[] members, string[] patients, double[] others, string[] otherPatients)
    {
        var (low, high) = Membership.Interval(members, patients, others, otherPatients, scene.Random("bootstrap"));
        return new(view, subject, $"AUC of telling {members.Length} members from {others.Length} others by loss", Membership.Auc(members, others), low, high, 0.5, "", null);
    }

    private static AttackResult.Figure Exposure(string view, string subject, double[] members, double[] others) =>
        AttackResult.Figure.Of(view, subject, "mean exposure of the canaries, bits", Actors.Attacks.Canaries.Exposure(members, others), ChanceExposure);
}
