namespace Pipeline.Host.Benchmarks;

/// <summary>How much <c>pipeline bench dicom</c> measures.</summary>
/// <param name="Files">Of half a megabyte each, written to the temporary folder.</param>
/// <param name="Rounds">Each reads every file in every way; medians count.</param>
public sealed record DicomWorkload(int Files, int Rounds)
{
    public static DicomWorkload Full { get; } = new(Files: 500, Rounds: 9);

    public static DicomWorkload Quick { get; } = new(Files: 200, Rounds: 3);
}
