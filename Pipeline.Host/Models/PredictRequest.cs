namespace Pipeline.Host.Models;

/// <param name="Model">A model file (<see cref="Actors.Training.ModelFile"/>).</param>
/// <param name="Paths">DICOM files, or folders of them.</param>
/// <param name="JsonFile">Also writes the predictions there; null writes none.</param>
public sealed record PredictRequest(string Model, IReadOnlyList<string> Paths, string? JsonFile);
