namespace Pipeline.Host.Models;

/// <param name="DataDirectory">The site's.</param>
/// <param name="OutputDirectory">Receives <c>global.safetensors</c>, <c>personal.safetensors</c> and <c>model-card.md</c>.</param>
public sealed record ExportRequest(string DataDirectory, string Chain, string OutputDirectory);
