using System.Text.Json.Serialization;

namespace Pipeline.Host.Configuration;

/// <summary>A key's value as it is in force.</summary>
/// <param name="Value">As HOCON would have it; a secret is hidden.</param>
/// <param name="Source">The file or environment variable that it comes from.</param>
/// <param name="Line">In that file, from 1; null where it has no lines.</param>
/// <param name="Changed">It comes from somewhere else than the reference.</param>
/// <param name="Through">The key of the defaults that it was taken from; null where it is its own.</param>
internal sealed record EffectiveValue(string Key, string Value, string Source, int? Line, bool Changed, string? Through = null)
{
    /// <summary>Whether a running site takes a change of it on.</summary>
    public bool Live { get; } = LiveKeys.Contains(Key);

    /// <summary>File and line, for people and editors.</summary>
    public string Place => (Line is { } line ? $"{Source}:{line}" : Source) + (Through is { } through ? $", {through}" : "");

    /// <summary>With what a secret hides: for <see cref="IsSameAs"/> alone.</summary>
    [JsonIgnore]
    internal string Whole { private get; init; } = Value;

    /// <summary>Whether two have the same value, secret or not.</summary>
    public bool IsSameAs(EffectiveValue other) => Whole == other.Whole;

    public override string ToString() => $"{Key} = {Value}";
}
