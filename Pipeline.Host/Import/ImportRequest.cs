namespace Pipeline.Host.Import;

/// <param name="Directory">A task's folder, or a folder of tasks.</param>
/// <param name="OutputDirectory">Receives <c>TASK/INSTITUTION/*.dcm</c> and <c>labels.csv</c> beside them.</param>
/// <param name="Modality">Overrides <c>tasks.json</c>; null for what it says.</param>
public sealed record ImportRequest(string Directory, string OutputDirectory, string? Modality);
