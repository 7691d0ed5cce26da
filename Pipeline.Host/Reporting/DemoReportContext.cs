namespace Pipeline.Host.Reporting;

/// <summary>What a report says about its run beside the measurements.</summary>
/// <param name="Version">Version of the program.</param>
/// <param name="Command">The command line that repeats the run.</param>
/// <param name="FinishedUtc">When the run ended.</param>
/// <param name="Machine">The machine in words, for example "2 cores, linux-x64, cpu".</param>
/// <param name="Quick">Whether the run was shortened (<c>--quick</c>): its claims are judged, yet say less.</param>
public sealed record DemoReportContext(string Version, string Command, DateTimeOffset FinishedUtc, string Machine, bool Quick);
