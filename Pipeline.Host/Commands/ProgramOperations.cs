using Pipeline.Host.Attacks;
using Pipeline.Host.Benchmarks;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Demo;
using Pipeline.Host.Doctor;
using Pipeline.Host.Drills;
using Pipeline.Host.Experiments;
using Pipeline.Host.Import;
using Pipeline.Host.Models;
using Pipeline.Host.Simulation;
using Pipeline.Host.Site;

namespace Pipeline.Host.Commands;

/// <summary>Everything that this build can do.</summary>
internal static class ProgramOperations
{
    public static Operations All { get; } = new()
    {
        // Ctrl-C is listened for once the command has handed back its task: starting up must not hold that back.
        Run = (configuration, terminal, stop) => Task.Run(() => SiteRunner.RunAsync(configuration, terminal, stop), CancellationToken.None),
        Demo = (options, terminal, stop) => Task.Run(
            () => new DemoCommandRunner(terminal.Out, TimeProvider.System).RunAsync(options, stop), CancellationToken.None),
        Doctor = DoctorRunner.RunAsync,
        Status = StatusOperation.RunAsync,
        Init = SiteProvisioning.InitAsync,
        ChangePassphrase = KeyPassphrase.ChangeAsync,
        Ceremony = new ChainCeremony(),
        Ledger = new LedgerOperations(),
        ListSamples = SampleOperations.ListAsync,
        ExportSamples = SampleOperations.ExportAsync,
        Quarantine = new QuarantineOperations(),
        ErasePatient = PatientOperations.EraseAsync,
        Deidentify = DeidOperations.RunAsync,
        InspectDicom = DicomInspectOperation.RunAsync,
        Rerun = RerunOperation.RunAsync,
        EchoDicom = DicomNetworkOperations.EchoAsync,
        SendDicom = DicomNetworkOperations.SendAsync,
        DrawPhantoms = PhantomRunner.RunAsync,
        Simulate = SimulationRunner.RunAsync,
        Drill = DrillRunner.RunAsync,
        BenchmarkLedger = LedgerBenchmarkRunner.RunAsync,
        BenchmarkGateway = GatewayBenchmarkRunner.RunAsync,
        BenchmarkIngest = IngestBenchmarkRunner.RunAsync,
        BenchmarkTraining = TrainingBenchmarkRunner.RunAsync,
        BenchmarkTrainers = TrainersRunner.RunAsync,
        Import = ImportRunner.RunAsync,
        Experiment = ExperimentRunner.RunAsync,
        Attack = AttackRunner.RunAsync,
        BenchmarkDicom = DicomBenchmarkRunner.RunAsync,
        Predict = PredictRunner.RunAsync,
        Export = ExportRunner.RunAsync,
    };
}
