using Pipeline.Actors.Ingest;

namespace Pipeline.Host.Import;

/// <summary>A line of a task's <c>labels.csv</c>.</summary>
/// <param name="File">Path relative to the task's folder.</param>
/// <param name="Label">Index into the task's classes.</param>
/// <param name="Split">Null where the file leaves it to the patient's hash.</param>
public sealed record LabelledFile(string File, int Label, DataSplit? Split, string Institution, string Patient);
