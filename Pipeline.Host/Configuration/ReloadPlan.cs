namespace Pipeline.Host.Configuration;

/// <summary>What reading a configuration again amounts to for a running site.</summary>
/// <param name="Live">Taken on at once.</param>
/// <param name="Restart">Left as they are until the site is started again.</param>
/// <param name="InForce">Every value once the live ones are taken on, by key.</param>
internal sealed record ReloadPlan(
    IReadOnlyList<ConfigurationChange> Live, IReadOnlyList<ConfigurationChange> Restart, IReadOnlyDictionary<string, EffectiveValue> InForce)
{
    /// <param name="running">Every value in force, by key.</param>
    /// <param name="wanted">Every value of a configuration without mistakes.</param>
    public static ReloadPlan Of(IReadOnlyDictionary<string, EffectiveValue> running, IReadOnlyList<EffectiveValue> wanted)
    {
        List<ConfigurationChange> live = [], restart = [];
        var force = running.ToDictionary(StringComparer.Ordinal);
        var differences = SiteSettingsListing.Differences([.. running.Values], wanted);
        foreach (var group in differences.GroupBy(pair => WholeChild(pair, running, wanted) ?? (pair.Right ?? pair.Left)!.Key))
        {
            var first = group.First();
            string key = group.Key;
            bool whole = (first.Right ?? first.Left)!.Key != key;
            if (!(whole ? LiveKeys.TakesChild(key) : LiveKeys.Contains(key)))
            {
                restart.Add(new ConfigurationChange(key, first.Left, first.Right));
                continue;
            }

            live.Add(new ConfigurationChange(key, first.Left, first.Right));
            foreach (var (left, right) in group)
            {
                if (right is null)
                    force.Remove(left!.Key);
                else
                    force[right.Key] = right;
            }
        }

        return new ReloadPlan(live, restart, force);
    }

    /// <summary>What became of it, for the operator: a line for each change and one that sums them up.</summary>
    public IReadOnlyList<string> Describe() =>
    [
        .. Live.Select(change => change.Describe()),
        .. Restart.Select(change => $"{change.Describe()}{(change is { From: not null, To: not null } ? "" : ",")} needs a restart"),
        Live.Count + Restart.Count == 0 ? "the configuration says what is in force already" : $"{Count(Live.Count)} taken on, {Restart.Count} left for a restart",
    ];

    private static string Count(int changes) => changes == 1 ? "1 change" : $"{changes} changes";

    /// <summary>The child of a named section that a difference is of, where it is on one side alone.</summary>
    private static string? WholeChild(
        (EffectiveValue? Left, EffectiveValue? Right) pair, IReadOnlyDictionary<string, EffectiveValue> running, IReadOnlyList<EffectiveValue> wanted)
    {
        if (pair is { Left: not null, Right: not null } || NamedSections.ChildOf((pair.Left ?? pair.Right)!.Key) is not { } child)
            return null;
        bool Has(string key) => key.StartsWith(child + '.', StringComparison.Ordinal);
        return (pair.Left is null ? running.Keys.Any(Has) : wanted.Any(value => Has(value.Key))) ? null : child;
    }
}
