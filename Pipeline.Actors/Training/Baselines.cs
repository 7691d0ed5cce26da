using Pipeline.Actors.Updates;
using Pipeline.Ledger.Crypto;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Actors.Training;

/// <summary>What collaboration is compared with: the same network, augmentation, schedule and number of steps, without a chain.</summary>
public static class Baselines
{
    /// <summary>
    /// Trains on one set for as many optimizer steps as a site takes over the whole chain. Local-only: a site's own images at the chain's
    /// batch size. Centralized: everybody's images at <paramref name="batchFactor"/> = number of sites, so that it sees as many images.
    /// </summary>
    /// <param name="watch">Called with number and parameters after as many steps as a round has.</param>
    /// <returns>Parameters in layout order.</returns>
    /// <exception cref="InvalidOperationException">The training diverged.</exception>
    public static float[] Train(
        IArchitecture architecture, TaskDescriptor task, TrainerSettings settings, RoundPolicy policy, float[] start, ImageSet data,
        Digest seed, int batchFactor = 1, Action<int, float[]>? watch = null, CancellationToken stop = default)
    {
        var trainer = new SiteTrainer(architecture, task, settings, stop: stop);
        var wide = policy with { BatchSize = batchFactor * policy.BatchSize, Update = null };
        // One stream for all stretches, so that an image comes again only when all others have been seen.
        var batches = new BatchOrder(data.Count, SeededRandom.Derive(seed, "batches"));
        float[] weights = start;
        for (int round = 1; round <= policy.Rounds; round++)
        {
            var training = trainer.Train(round, weights, data, wide, batches);
            if (training.Error is not null)
                throw new InvalidOperationException(training.Error);
            weights = training.Weights;
            watch?.Invoke(round, weights);
        }

        return weights;
    }

    /// <summary>
    /// Labels that carry no information: every class equally often, dealt at random. Not a permutation of the true ones: where classes are not
    /// equally frequent a network learns to answer weakly where it sees much, and its AUC falls below .5.
    /// </summary>
    public static int[] RandomLabels(int count, int classes, SeededRandom random)
    {
        int[] labels = [.. Enumerable.Range(0, count).Select(i => i % classes)];
        random.Shuffle(labels.AsSpan());
        return labels;
    }
}
