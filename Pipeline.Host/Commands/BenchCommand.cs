using System.CommandLine;
using Pipeline.Host.Benchmarks;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline bench</c>.</summary>
internal static class BenchCommand
{
    public static Command Create(RunLedgerBenchmark run, Terminal terminal) =>
        new("bench", "Measures this machine's speed, beside the floor that nothing could beat on it.") { CreateLedger(run, terminal) };

    private static DocumentedCommand CreateLedger(RunLedgerBenchmark run, Terminal terminal)
    {
        var quick = new Option<bool>("--quick") { Description = "Measure less often: half a minute instead of some." };
        var json = new Option<string>("--json") { Description = "Also write the result as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("ledger",
            "Commit latency and throughput of four members in this process, header verification and aggregation, each against a floor measured in the same run. Journals go to the temporary folder, which should be on the disk that a site would use. Exit code 0 also where a bar is missed: a loaded machine misses bars.",
            """
            pipeline bench ledger
            TMPDIR=/srv/pipeline pipeline bench ledger --quick --json bench.json
            """) { quick, json };
        command.SetAction((parsed, stop) => run(
            new LedgerBenchmarkRequest(
                parsed.GetValue(quick) ? LedgerWorkload.Quick : LedgerWorkload.Full,
                parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null),
            terminal, stop));
        return command;
    }
}
