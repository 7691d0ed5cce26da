using Pipeline.Actors.Attacks;
using Pipeline.Actors.Training;

namespace Pipeline.Host.Attacks;

/// <summary>Trains the shadow models of the likelihood-ratio attack, and reads what they say of an attacked one.</summary>
/// <param name="pool">Every image that may or may not have been trained on.</param>
/// <param name="train">A model of the images at these positions of the pool, trained as the attacked one was; the second argument numbers it.</param>
internal sealed class ShadowModels(AttackScene scene, SiteTrainer trainer, ImageSet pool, int count, string purpose, Func<int[], int, float[]> train)
{
    /// <summary>By image of the pool: the smaller, the more like one that was trained on.</summary>
    public double[] Attack(float[] model)
    {
        bool[][] took = LikelihoodRatio.Halves(pool.Patients, count, scene.Random($"{purpose}/halves"));
        var losses = new double[count][];
        for (int s = 0; s < count; s++)
            losses[s] = Membership.Losses(trainer, train([.. Enumerable.Range(0, pool.Count).Where(i => took[s][i])], s), pool);
        return [.. LikelihoodRatio.Scores(Membership.Losses(trainer, model, pool), losses, took).Select(score => -score)];
    }
}
