using Pipeline.Actors.Ingest.Deidentification;

namespace Pipeline.Host.Commands;

/// <summary>What <c>pipeline deid</c> made of one file; holds tags and actions, never a value.</summary>
/// <param name="File">Relative to what was asked for.</param>
/// <param name="Output">Name of the file written; null where it was set aside.</param>
/// <param name="Reason">Why it was set aside.</param>
/// <param name="PixelRule">The rule that admitted its pixels, where one was needed.</param>
internal sealed record DeidReport(string File, string? Output, string? Reason, string? PixelRule, IReadOnlyList<DeidReport.Change> Changes)
{
    public static DeidReport SetAside(string file, string reason) => new(file, null, reason, null, []);

    public static DeidReport Written(string file, string output, string? rule, IReadOnlyList<AttributeChange> changes) => new(
        file, output, null, rule,
        [.. changes.GroupBy(change => change).Select(group => new Change(group.Key.Path, group.Key.Action, group.Key.Why, group.Count()))]);

    /// <param name="Count">Occurrences in items of sequences.</param>
    internal sealed record Change(string Path, ProfileAction Action, ChangeReason Why, int Count);
}
