using Pipeline.Actors.Privacy;
using Pipeline.Actors.Updates;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>DP-SGD (Abadi et al. 2016): local steps whose gradients are clipped unit by unit, summed and noised before the optimizer sees them.</summary>
public sealed partial class SiteTrainer
{
    /// <summary>
    /// The policy's local steps of round <paramref name="round"/>. Each samples every patient (or image) by itself, so a step may see none. What the optimizer,
    /// selection, error feedback and quantisation make of the released gradients afterwards costs no privacy.
    /// </summary>
    /// <param name="start">Parameters in layout order.</param>
    /// <param name="drift">What the steps move the parameters by besides, made of what was released before; null for nothing.</param>
    /// <returns>The loss is that of the images drawn, and stays at the site.</returns>
    public LocalTraining TrainPrivately(long round, float[] start, ImageSet data, RoundPolicy policy, PrivateRound privacy, float[]? drift = null)
    {
        var (terms, noise) = privacy;
        int[][] units = PrivacyUnits.Of(terms.Unit, data.Patients);
        double rate = terms.Rate(units.Length), loss = 0;
        var augmentation = new SeededRandom(noise.NextUInt64());
        var weights = (float[])start.Clone();
        var plan = StepPlan.OfRound(policy, round, _settings.WarmUp, start, drift);
        var sum = new PrivateSum(
            Layout.Length, terms.Clip,
            [.. Layout.Tensors.Zip(Layout.Offsets, (tensor, at) => (tensor.Role, Part: at..(at + tensor.Length))).Where(t => plan.Moving?.Invoke(t.Role) ?? true).Select(t => t.Part)]);
        int drawn = 0;
        for (int step = 0; step < terms.Steps; step++)
        {
            foreach (int unit in PrivacyUnits.Sample(units.Length, rate, noise))
            {
                loss += AddUnit(weights, data, PrivacyUnits.Choose(units[unit], terms.ImagesPerUnit, noise), WeightsOf(plan.ClassWeights), augmentation, sum);
                drawn++;
            }

            sum.Release(terms.Noise, rate * units.Length, noise, _gradient);
            Optimizer.Step(weights, _gradient, plan.Rate(step), plan.Decay, plan.Moving);
            Correct(weights, plan, plan.Rate(step), terms.Steps);
        }

        return new LocalTraining(weights, loss / Math.Max(drawn, 1), null);
    }

    /// <summary>Adds the gradient of one unit's mean class-weighted loss; a loss that is not finite adds nothing.</summary>
    private double AddUnit(float[] weights, ImageSet data, int[] indices, float[] classWeights, SeededRandom augmentation, PrivateSum sum)
    {
        int area = data.Height * data.Width;
        var images = new float[indices.Length * area];
        var labels = new long[indices.Length];
        double classWeight = 0;
        for (int i = 0; i < indices.Length; i++)
        {
            labels[i] = data.Labels[indices[i]];
            classWeight += classWeights[labels[i]] / indices.Length;
            _settings.Augmentation.Apply(
                data.Pixels.AsSpan(indices[i] * area, area), images.AsSpan(i * area, area), data.Height, data.Width, augmentation);
        }

        double loss = Network.Gradient(weights, images, labels, data.Height, data.Width, classWeights, _gradient);
        if (!double.IsFinite(loss))
            return 0;
        // The batch's loss is divided by its class weights, which would take a single unit's weight away.
        sum.Add(_gradient, classWeight);
        return loss;
    }
}
