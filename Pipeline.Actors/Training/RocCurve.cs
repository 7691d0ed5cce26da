namespace Pipeline.Actors.Training;

/// <summary>Ranking metrics of class probabilities.</summary>
public static class RocCurve
{
    /// <summary>Area under the ROC curve of one class: the Mann–Whitney statistic, ties counting half (Hanley and McNeil 1982).</summary>
    /// <param name="scores">One that is no number ranks below all others: a model that says nothing ranks nothing.</param>
    /// <returns>NaN when positives or negatives are missing.</returns>
    public static double Area(ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive)
    {
        var order = new int[scores.Length];
        var sorted = new float[scores.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
            sorted[i] = float.IsNaN(scores[i]) ? float.NegativeInfinity : scores[i];
        }

        sorted.AsSpan().Sort(order.AsSpan());
        double rankSum = 0;
        long positives = 0;
        for (int start = 0; start < order.Length;)
        {
            int end = start;
            int tiedPositives = 0;
            while (end < order.Length && sorted[end] == sorted[start])
                tiedPositives += positive[order[end++]] ? 1 : 0;
            rankSum += tiedPositives * (start + end + 1) / 2.0;
            positives += tiedPositives;
            start = end;
        }

        long negatives = order.Length - positives;
        return positives == 0 || negatives == 0
            ? double.NaN
            : (rankSum - positives * (positives + 1) / 2.0) / ((double)positives * negatives);
    }

    /// <summary>Mean of <see cref="Area"/> over the classes that occur, one against the rest.</summary>
    /// <param name="probabilities">Row-major, N × <paramref name="classes"/>.</param>
    public static double MacroArea(ReadOnlySpan<float> probabilities, ReadOnlySpan<int> labels, int classes)
    {
        double sum = 0;
        int counted = 0;
        var scores = new float[labels.Length];
        var positive = new bool[labels.Length];
        for (int c = 0; c < classes; c++)
        {
            for (int i = 0; i < labels.Length; i++)
            {
                scores[i] = probabilities[i * classes + c];
                positive[i] = labels[i] == c;
            }

            double area = Area(scores, positive);
            if (double.IsNaN(area))
                continue;
            sum += area;
            counted++;
        }

        return counted == 0 ? double.NaN : sum / counted;
    }

    /// <summary>Macro AUC and balanced accuracy at the most probable class.</summary>
    public static ModelScore Score(ReadOnlySpan<float> probabilities, ReadOnlySpan<int> labels, int classes)
    {
        var right = new int[classes];
        var seen = new int[classes];
        for (int i = 0; i < labels.Length; i++)
        {
            var row = probabilities.Slice(i * classes, classes);
            int best = 0;
            for (int c = 1; c < classes; c++)
                best = row[c] > row[best] ? c : best;
            seen[labels[i]]++;
            right[labels[i]] += best == labels[i] ? 1 : 0;
        }

        double recall = 0;
        int occurring = 0;
        for (int c = 0; c < classes; c++)
        {
            if (seen[c] == 0)
                continue;
            recall += (double)right[c] / seen[c];
            occurring++;
        }

        return new ModelScore(
            MacroArea(probabilities, labels, classes), occurring == 0 ? double.NaN : recall / occurring, labels.Length);
    }
}
