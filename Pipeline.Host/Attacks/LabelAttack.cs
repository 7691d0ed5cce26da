using Pipeline.Actors.Attacks;
using Pipeline.Actors.Training;
using TorchSharp;

namespace Pipeline.Host.Attacks;

/// <summary>Reads labels from the head's gradient (iDLG; Zhao et al. 2020): of single images undefended, and of what sites send under the policy.</summary>
internal sealed class LabelAttack(AttackScene scene, AttackRequest request, Action<string> tell)
{
    private const int Singles = 100;

    public IReadOnlyList<AttackResult.Figure> Run()
    {
        var architecture = ArchitectureCatalog.Create(request.Architecture);
        var layout = architecture.Layout(scene.Task.Descriptor);
        var network = new TrainingNetwork(architecture, layout, torch.CPU);
        float[] weights = scene.Start(architecture).ToFloats(), gradient = new float[layout.Length], even = [.. Enumerable.Repeat(1f, scene.Task.Classes)];
        tell("positive control: undefended gradients of one image each");
        var all = ImageSet.Concat([.. scene.Task.Sites.Select(s => s.Train)]);
        int count = Math.Min(Singles, all.Count), right = 0;
        var seen = new int[scene.Task.Classes];
        for (int i = 0; i < count; i++)
        {
            scene.Stop.ThrowIfCancellationRequested();
            var one = all.Subset([i * all.Count / count]);
            network.Gradient(weights, one.Pixels, [one.Labels[0]], one.Height, one.Width, even, gradient);
            right += HeadLeak.Label(layout, gradient) == one.Labels[0] ? 1 : 0;
            seen[one.Labels[0]]++;
        }

        string subject = $"{architecture.Id}, {count} gradients of one image, undefended";
        var control = AttackResult.Figure.Of(AttackResult.Control, subject, "labels read, share", (double)right / count, (double)seen.Max() / count)
            .Must("all", right == count);
        return right == count ? [control, .. Defended(architecture)] : [control];
    }

    /// <summary>The class that pulled hardest against the class that the site has more of than the others do.</summary>
    private IEnumerable<AttackResult.Figure> Defended(IArchitecture architecture)
    {
        var layout = architecture.Layout(scene.Task.Descriptor);
        var training = scene.Train(architecture, [.. scene.Task.Sites.Select(s => s.Train)]);
        double[][] shares = [.. scene.Task.Sites.Select(s => s.Train.ClassCounts(scene.Task.Classes).Select(n => (double)n / s.Train.Count).ToArray())];
        int[] truth = [.. shares.Select(own => Enumerable.Range(0, own.Length).MaxBy(c => own[c] - shares.Average(other => other[c])))];
        int rounds = request.Rounds.Max(), right = 0, read = 0;
        tell($"updates of {rounds} rounds");
        while (training.Round < rounds)
        {
            scene.Stop.ThrowIfCancellationRequested();
            training.Step();
            for (int s = 0; s < truth.Length; s++, read++)
            {
                if (ObservedUpdate.TryRead(layout, scene.Policy, training.Payloads[s], out var observed, out _))
                    right += HeadLeak.Label(layout, observed.Gradient) == truth[s] ? 1 : 0;
            }
        }

        double blind = truth.GroupBy(c => c).Max(g => (double)g.Count() / truth.Length);
        yield return AttackResult.Figure.Of(
            AttackResult.Insider, $"{architecture.Id}, {read} updates, {request.PolicyName} policy", "class that a site has more of than others, named rightly, share", (double)right / read, blind);
    }
}
