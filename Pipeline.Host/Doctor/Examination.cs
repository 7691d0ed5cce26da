using Pipeline.Host.Configuration;

namespace Pipeline.Host.Doctor;

/// <summary>What the checks of one run share: the site, where each of its values stands, and what was found so far.</summary>
/// <param name="site">As configured.</param>
/// <param name="values">With their places.</param>
/// <param name="file">Where a key goes that has its default.</param>
internal sealed class Examination(SiteSettings site, IEnumerable<EffectiveValue> values, string file, TimeProvider clock)
{
    private readonly Dictionary<string, EffectiveValue> _values = values.ToDictionary(value => value.Key, StringComparer.Ordinal);
    private readonly List<Finding> _findings = [];

    public SiteSettings Site => site;

    public DateTimeOffset Now => clock.GetUtcNow();

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>The site runs at this moment, so that its ports and its folder are rightly taken.</summary>
    public bool Running { get; set; }

    public string? Passphrase { get; set; }

    public void Add(Finding finding) => _findings.Add(finding);

    public void Ok(string area, string what) => Add(Finding.Ok(area, what));

    /// <param name="key">Decides about it.</param>
    public void Warn(string area, string key, string what, string mend) => Add(new Finding(FindingLevel.Warning, area, what, key, PlaceOf(key), mend));

    /// <param name="key">Decides about it.</param>
    public void Fail(string area, string key, string what, string mend) => Add(new Finding(FindingLevel.Error, area, what, key, PlaceOf(key), mend));

    private string PlaceOf(string key) => _values.TryGetValue(key, out var value) && value.Changed ? value.Place : file;
}
