using Pipeline.Actors.Updates;

namespace Pipeline.Actors.Training;

/// <summary>Cross-validation folds in which no patient is on both sides.</summary>
public static class PatientFolds
{
    /// <summary>Deals patients, those with each label in turn, into <paramref name="folds"/> folds.</summary>
    /// <returns>The fold of each image.</returns>
    public static int[] Assign(ImageSet set, int folds, SeededRandom random)
    {
        var patients = Enumerable.Range(0, set.Count).GroupBy(i => set.Patients[i]).Select(g => g.ToArray()).ToArray();
        random.Shuffle(patients.AsSpan());
        var assigned = new int[set.Count];
        int next = 0;
        foreach (var patient in patients.OrderBy(images => set.Labels[images[0]]))
        {
            foreach (int image in patient)
                assigned[image] = next;
            next = (next + 1) % folds;
        }

        return assigned;
    }
}
