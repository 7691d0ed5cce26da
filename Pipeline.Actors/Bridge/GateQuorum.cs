namespace Pipeline.Actors.Bridge;

/// <summary>
/// How sure one site must be. An offer is taken when n−f members vote for it; were it of no use, each would vote so by chance with probability p, and
/// n−f of them at once with P(Bin(n, p) ≥ n−f). A site's confidence is the 1 − p at which that is the error the chain accepts: many small sites
/// can decide together what none could alone.
/// </summary>
public static class GateQuorum
{
    /// <param name="members">n.</param>
    /// <param name="quorum">n−f.</param>
    /// <param name="confidence">Of the members together.</param>
    /// <returns>Never more than <paramref name="confidence"/>, and at least one half.</returns>
    public static double SiteConfidence(int members, int quorum, double confidence = 0.95)
    {
        double low = 0, high = 0.5;
        for (int i = 0; i < 60; i++)
        {
            double middle = (low + high) / 2;
            if (Tail(members, quorum, middle) > 1 - confidence)
                high = middle;
            else
                low = middle;
        }

        return Math.Min(confidence, 1 - low);
    }

    private static double Tail(int n, int k, double p)
    {
        double tail = 0;
        for (int i = k; i <= n; i++)
        {
            double term = Math.Pow(p, i) * Math.Pow(1 - p, n - i);
            for (int j = 0; j < i; j++)
                term *= (n - j) / (double)(i - j);
            tail += term;
        }

        return tail;
    }
}
