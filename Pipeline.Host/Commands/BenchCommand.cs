using System.CommandLine;
using System.Text.Json;
using Pipeline.Host.Benchmarks;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline bench</c>.</summary>
internal static class BenchCommand
{
    public static Command Create(Operations operations, Terminal terminal)
    {
        var command = new Command("bench", "Measures this machine's speed, beside the floor that nothing could beat on it.");
        if (operations.BenchmarkLedger is { } ledger)
            command.Subcommands.Add(CreateLedger(ledger, terminal));
        if (operations.BenchmarkDicom is { } dicom)
            command.Subcommands.Add(CreateDicom(dicom, terminal));
        if (operations.BenchmarkGateway is { } gateway)
            command.Subcommands.Add(CreateGateway(gateway, terminal));
        if (operations.BenchmarkIngest is { } ingest)
            command.Subcommands.Add(CreateIngest(ingest, terminal));
        if (operations.BenchmarkTraining is { } train)
            command.Subcommands.Add(CreateTrain(train, terminal));
        if (operations.BenchmarkTrainers is { } trainers)
            command.Subcommands.Add(CreateTrainers(trainers, terminal));
        return command;
    }

    private static DocumentedCommand CreateTrain(RunTrainingBenchmark run, Terminal terminal)
    {
        var quick = new Option<bool>("--quick") { Description = "Measure less often." };
        var json = new Option<string>("--json") { Description = "Also write the result as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("train",
            "Steps a second of a site's training against PyTorch's eager loop on the same network, batch and threads, where a python3 with torch is installed; and that no native tensor stays behind. Exit code 0 also where a bar is missed: a loaded machine misses bars.",
            """
            pipeline bench train
            pipeline bench train --quick --json bench.json
            """) { quick, json };
        command.SetAction((parsed, stop) => run(
            new TrainingBenchmarkRequest(
                parsed.GetValue(quick) ? TrainingWorkload.Quick : TrainingWorkload.Full,
                parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null),
            terminal, stop));
        return command;
    }

    private static DocumentedCommand CreateTrainers(RunTrainersBenchmark run, Terminal terminal)
    {
        var quick = new Option<bool>("--quick") { Description = "Measure less often." };
        var json = new Option<string>("--json") { Description = "Also write the result as JSON.", HelpName = "FILE" };
        var helpsAt = new Option<int?>("--helps-at") { Description = "How this program starts its second process.", Hidden = true };
        var workload = new Option<string>("--workload") { Description = "What the second process works at, as JSON.", Hidden = true };
        var command = new DocumentedCommand("trainers",
            "A training step of each network that two processes of this machine share, as two training nodes of a site do, beside the same step alone, one thread each. A ratio below 1 is a gain. Run it with nothing else on the machine.",
            """
            pipeline bench trainers
            pipeline bench trainers --quick --json bench.json
            """) { quick, json, helpsAt, workload };
        command.SetAction((parsed, stop) => run(
            new TrainersRequest(
                parsed.GetValue(workload) is { } given ? JsonSerializer.Deserialize<TrainersWorkload>(given)! : parsed.GetValue(quick) ? TrainersWorkload.Quick : TrainersWorkload.Full,
                parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null,
                parsed.GetValue(helpsAt)),
            terminal, stop));
        return command;
    }

    private static DocumentedCommand CreateDicom(RunDicomBenchmark run, Terminal terminal)
    {
        var quick = new Option<bool>("--quick") { Description = "Measure less often." };
        var json = new Option<string>("--json") { Description = "Also write the result as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("dicom",
            "Files a second on one thread: the header alone, and with the decoded frame, beside DCMTK's dcmdump on the same files in the same run. Files of 512 × 512 × 16 bits are written to the temporary folder and read from the page cache. Exit code 0 also where a bar is missed.",
            """
            pipeline bench dicom
            pipeline bench dicom --quick --json bench.json
            """) { quick, json };
        command.SetAction((parsed, stop) => run(
            new DicomBenchmarkRequest(
                parsed.GetValue(quick) ? DicomWorkload.Quick : DicomWorkload.Full,
                parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null),
            terminal, stop));
        return command;
    }

    private static DocumentedCommand CreateGateway(RunGatewayBenchmark run, Terminal terminal)
    {
        var quick = new Option<bool>("--quick") { Description = "Measure less often." };
        var json = new Option<string>("--json") { Description = "Also write the result as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("gateway",
            "A payload to three peers over real links, against bare TLS in the same run; a light client's check of a header of 30 members; and a chain of 30 members in this process, all linked to all. Exit code 0 also where a bar is missed: a loaded machine misses bars.",
            """
            pipeline bench gateway
            pipeline bench gateway --quick --json bench.json
            """) { quick, json };
        command.SetAction((parsed, stop) => run(
            new GatewayBenchmarkRequest(
                parsed.GetValue(quick) ? GatewayWorkload.Quick : GatewayWorkload.Full,
                parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null),
            terminal, stop));
        return command;
    }

    private static DocumentedCommand CreateIngest(RunIngestBenchmark run, Terminal terminal)
    {
        var quick = new Option<bool>("--quick") { Description = "Measure once, with fewer instances." };
        var json = new Option<string>("--json") { Description = "Also write the result as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("ingest",
            "How many CT slices of 512 × 512 × 16 a second a site takes durably, beside what the disk alone allows, and beside storescp and Orthanc where they are installed; DCMTK's storescu sends, with TCP_NODELAY and as it comes. Stores are in the temporary folder, which should be on the disk that a site would use. Exit code 0 also where a bar is missed: a loaded machine misses bars.",
            """
            pipeline bench ingest
            TMPDIR=/srv/pipeline pipeline bench ingest --quick --json ingest.json
            """) { quick, json };
        command.SetAction((parsed, stop) => run(
            new IngestBenchmarkRequest(
                parsed.GetValue(quick) ? IngestWorkload.Quick : IngestWorkload.Full,
                parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null),
            terminal, stop));
        return command;
    }

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
