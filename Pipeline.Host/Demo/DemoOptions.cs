namespace Pipeline.Host.Demo;

/// <summary>What a person may choose about the demo.</summary>
/// <param name="Seed">Seeds phantoms, first weights and batches. Keys and message timing differ from run to run, as they do in life.</param>
/// <param name="Quick">Fewer images and rounds, for a build server.</param>
/// <param name="OutputDirectory">Report, journals and samples of the run; made anew.</param>
/// <param name="JsonFile">Where to write the machine-readable result; null writes none.</param>
public sealed record DemoOptions(int Seed, bool Quick, string OutputDirectory, string? JsonFile);
