using static Pipeline.Host.Reporting.Quantities;

namespace Pipeline.Host.Reporting;

/// <summary>
/// Judges a result against the bars of the demo. The chain the bridge leaves from carries the claims on accuracy: it has images enough for its
/// centralized model to be a yardstick. A number that is missing never counts as met.
/// </summary>
public static class DemoClaims
{
    /// <summary>Local-only training must fall this far short of centralized training, or the task is trivial. AUC.</summary>
    public const double LocalGap = 0.05;

    /// <summary>How far a model of shuffled labels may be from .5. AUC.</summary>
    public const double ShuffledTolerance = 0.06;

    /// <summary>How far collaborative training may fall short of centralized training. AUC.</summary>
    public const double CollaborativeTolerance = 0.02;

    /// <summary>How far a personal model may fall short of the better of its two parents. AUC.</summary>
    public const double PersonalizedTolerance = 0.01;

    /// <summary>An update must be at least this many times smaller than the dense fp32 model.</summary>
    public const int UpdateRatio = 100;

    /// <summary>Below it 95 % of the centralized AUC is chance, and rounds to it mean nothing.</summary>
    public const double MinimumTarget = 0.6;

    /// <summary>Sums of decimal fractions miss their bar by rounding; far below any digit that is printed.</summary>
    private const double Rounding = 1e-9;

    /// <summary>The claims in the order they are told.</summary>
    public static IReadOnlyList<DemoClaim> Judge(DemoResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return
        [
            LocalIsNotEnough(result),
            ShuffledLabelsTeachNothing(result),
            CollaborativeEqualsCentralized(result),
            BridgeHalvesTheRounds(result),
            PersonalizedDoesNoHarm(result),
            UpdatesAreSmall(result),
            ReplicasAgree(result),
            JournalsTell(result),
            NothingIsLost(result),
        ];
    }

    /// <summary>The chain the claims on accuracy are made for: the sending end of the bridge.</summary>
    internal static DemoResult.Chain? Source(DemoResult result) =>
        result.Chains.FirstOrDefault(chain => chain.Id == result.Bridge.From) ?? (result.Chains.Count > 0 ? result.Chains[0] : null);

    private static DemoClaim LocalIsNotEnough(DemoResult result)
    {
        const string title = "One hospital is not enough";
        const string bar = "≤ −5 points";
        if (Source(result) is not { Sites.Count: > 0 } chain)
            return Missing(title, bar);
        var local = chain.Sites.Average(site => site.Local);
        var gap = local - chain.Auc.Centralized;
        return new DemoClaim(
            title,
            Gap(gap),
            bar,
            Judge(gap, gap <= -LocalGap + Rounding),
            $"{chain.Id}: mean local-only {Auc(local)}, centralized {Auc(chain.Auc.Centralized)}");
    }

    private static DemoClaim ShuffledLabelsTeachNothing(DemoResult result)
    {
        const string title = "Shuffled labels teach nothing";
        const string bar = "0.500 ± 0.060";
        if (Source(result) is not { } chain)
            return Missing(title, bar);
        var auc = chain.Auc.ShuffledLabels;
        return new DemoClaim(
            title,
            Auc(auc),
            bar,
            Judge(auc, Math.Abs(auc - 0.5) <= ShuffledTolerance + Rounding),
            $"{chain.Id}: the control, trained on labels dealt at random");
    }

    private static DemoClaim CollaborativeEqualsCentralized(DemoResult result)
    {
        const string title = "Together equals centralized";
        const string bar = "≥ −2 points";
        if (Source(result) is not { } chain)
            return Missing(title, bar);
        var gap = chain.Auc.Collaborative - chain.Auc.Centralized;
        return new DemoClaim(
            title,
            Gap(gap),
            bar,
            Judge(gap, gap >= -CollaborativeTolerance - Rounding),
            $"{chain.Id}: collaborative {Auc(chain.Auc.Collaborative)}, centralized {Auc(chain.Auc.Centralized)}");
    }

    private static DemoClaim BridgeHalvesTheRounds(DemoResult result)
    {
        const string title = "The bridge halves the rounds";
        var bridge = result.Bridge;
        var control = result.Chains.FirstOrDefault(chain => chain.Id == bridge.To)?.CurveWithoutBridge;
        if (control is not { Count: > 0 } || !double.IsFinite(bridge.Target))
            return Missing(title, "≤ half");

        if (bridge.Target < MinimumTarget)
        {
            return Missing(title, "≤ half") with
            {
                Detail = $"{bridge.To}: the centralized model learned nothing in this few steps; 95 % of it is AUC {Auc(bridge.Target)}",
            };
        }

        // A control that never got there needed more rounds than it ran: its last round is a lower bound.
        var last = control.Max(point => point.Round);
        var without = bridge.RoundsToTargetWithout ?? last;
        var met = bridge.RoundsToTargetWith is { } with && without > 0 && 2 * with <= without;
        var withoutText = bridge.RoundsToTargetWithout is { } known ? Count(known) : $"> {Count(last)}";
        return new DemoClaim(
            title,
            $"{Round(bridge.RoundsToTargetWith)} vs {withoutText} rounds",
            $"≤ {Count(without / 2)} rounds",
            met ? ClaimStatus.Met : ClaimStatus.Missed,
            $"{bridge.To}: first round at AUC {Auc(bridge.Target)} (95 % of centralized), with and without the bridge");
    }

    private static DemoClaim PersonalizedDoesNoHarm(DemoResult result)
    {
        const string title = "Personal models do no harm";
        const string bar = "≥ −1 point";
        var margins = result.Chains
            .SelectMany(chain => chain.Sites, (chain, site) => (Where: $"{site.Id} on {chain.Id}", Margin: Margin(site)))
            .ToList();
        if (margins.Count == 0)
            return Missing(title, bar);
        var unknown = margins.FirstOrDefault(item => !double.IsFinite(item.Margin));
        if (unknown.Where is not null)
            return Missing(title, bar) with { Detail = $"an AUC of {unknown.Where} is undefined" };
        var worst = margins.MinBy(item => item.Margin);
        int kept = result.Chains.Sum(chain => chain.Sites.Count(site => site.Chosen == "global"));
        return new DemoClaim(
            title,
            Gap(worst.Margin),
            bar,
            Judge(worst.Margin, worst.Margin >= -PersonalizedTolerance - Rounding),
            $"worst of {margins.Count}: {worst.Where}, personalized against the better of local-only and collaborative; {kept} kept the global model");
    }

    /// <summary>Personalized against the better parent, AUC; NaN when one is undefined.</summary>
    internal static double Margin(DemoResult.Site site) => site.Personalized - Math.Max(site.Local, site.Collaborative);

    private static DemoClaim UpdatesAreSmall(DemoResult result)
    {
        const string title = "Updates are small";
        const string bar = "≤ 1/100 of fp32";
        var largest = result.Chains
            .Where(chain => chain.Bytes is { PerRoundPerSite: > 0, DensePerRoundPerSite: > 0 })
            .MaxBy(chain => (double)chain.Bytes.PerRoundPerSite / chain.Bytes.DensePerRoundPerSite);
        if (largest is not { Bytes: var bytes } || result.Chains.Any(chain => chain.Bytes.PerRoundPerSite <= 0))
            return Missing(title, bar);
        return new DemoClaim(
            title,
            Fraction(bytes.PerRoundPerSite, bytes.DensePerRoundPerSite),
            bar,
            bytes.PerRoundPerSite * UpdateRatio <= bytes.DensePerRoundPerSite ? ClaimStatus.Met : ClaimStatus.Missed,
            $"{largest.Id}: {Bytes(bytes.PerRoundPerSite)} a round and site, dense {Bytes(bytes.DensePerRoundPerSite)}");
    }

    private static DemoClaim ReplicasAgree(DemoResult result)
    {
        const string title = "Replicas agree bit for bit";
        const string bar = "equal";
        if (result.Chains.Count == 0)
            return Missing(title, bar);
        var apart = result.Chains.Where(chain => !chain.DigestsEqual).Select(chain => chain.Id).ToList();
        return new DemoClaim(
            title,
            apart.Count == 0 ? "digests equal" : "digests differ",
            bar,
            apart.Count == 0 ? ClaimStatus.Met : ClaimStatus.Missed,
            apart.Count == 0
                ? string.Join(", ", result.Chains.Select(chain => $"{chain.Id}: {chain.Members} replicas at height {Count(chain.Height)}"))
                : $"on {string.Join(", ", apart)}");
    }

    private static DemoClaim JournalsTell(DemoResult result)
    {
        const string title = "Journals show tampering";
        const string bar = "verified, detected";
        if (result.Chains.Count == 0)
            return Missing(title, bar);
        var broken = result.Chains.Where(chain => !chain.Verify).Select(chain => chain.Id).ToList();
        var tampered = result.Faults.TamperDetected;
        var measured = broken.Count > 0 ? "journal refused" : tampered ? "verified, detected" : "tampering missed";
        var detail = broken.Count > 0
            ? $"the journals of {string.Join(", ", broken)} do not verify"
            : tampered ? $"first bad record: {result.Faults.TamperRecord}" : "the altered copy passed verification";
        return new DemoClaim(title, measured, bar, broken.Count == 0 && tampered ? ClaimStatus.Met : ClaimStatus.Missed, detail);
    }

    private static DemoClaim NothingIsLost(DemoResult result)
    {
        const string title = "Nothing acknowledged is lost";
        const string bar = "equal";
        var faults = result.Faults;
        if (faults.Acknowledged == 0)
            return Missing(title, bar);
        var difference = faults.AccountedFor - faults.Acknowledged;
        var recovery = double.IsFinite(faults.RecoverySeconds)
            ? $"{faults.KilledSite} was killed mid-round and back after {Seconds(faults.RecoverySeconds)}"
            : $"{faults.KilledSite} was killed mid-round and did not come back";
        return new DemoClaim(
            title,
            difference == 0 ? $"{Count(faults.Acknowledged)} = {Count(faults.AccountedFor)}" : $"{Count(faults.Acknowledged)} ≠ {Count(faults.AccountedFor)}",
            bar,
            difference == 0 ? ClaimStatus.Met : ClaimStatus.Missed,
            recovery);
    }

    private static string Gap(double difference) => double.IsFinite(difference) ? Points(difference) + " points" : Points(difference);

    private static ClaimStatus Judge(double measured, bool met) =>
        !double.IsFinite(measured) ? ClaimStatus.NotMeasured : met ? ClaimStatus.Met : ClaimStatus.Missed;

    private static DemoClaim Missing(string title, string bar) => new(title, "–", bar, ClaimStatus.NotMeasured, "not measured in this run");
}
