using Pipeline.Host.Attacks;
using Pipeline.Host.Benchmarks;
using Pipeline.Host.Ceremony;
using Pipeline.Host.Configuration;
using Pipeline.Host.Demo;
using Pipeline.Host.Doctor;
using Pipeline.Host.Drills;
using Pipeline.Host.Experiments;
using Pipeline.Host.Import;
using Pipeline.Host.Models;
using Pipeline.Host.Simulation;

namespace Pipeline.Host.Commands;

/// <summary>Runs one site until <paramref name="stop"/>; returns an exit code.</summary>
public delegate Task<int> RunSite(SiteConfiguration configuration, Terminal terminal, CancellationToken stop);

/// <summary>Runs the demo; returns an exit code.</summary>
public delegate Task<int> RunDemo(DemoOptions options, Terminal terminal, CancellationToken stop);

/// <summary>Prints the samples of a site.</summary>
/// <param name="chain">Null for all.</param>
/// <param name="jsonFile">Also writes them there; null writes none.</param>
public delegate Task<int> ListSamples(SiteFolder site, string? chain, string? jsonFile, Terminal terminal, CancellationToken stop);

/// <summary>Writes samples as image files.</summary>
/// <param name="chain">Null for all.</param>
/// <param name="id">Its first digits suffice; null for all samples.</param>
/// <param name="folder">Created when absent.</param>
public delegate Task<int> ExportSamples(SiteFolder site, string? chain, string? id, string folder, Terminal terminal, CancellationToken stop);

/// <summary>Deletes what a site holds of a patient.</summary>
public delegate Task<int> ErasePatient(SiteFolder site, string patientId, string reason, Terminal terminal, CancellationToken stop);

/// <summary>De-identifies files; <see cref="ExitCode.Failed"/> when none could be written.</summary>
public delegate Task<int> RunDeid(DeidRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Looks at DICOM files and prints what is in them.</summary>
/// <param name="paths">Files, and folders with everything under them.</param>
/// <param name="jsonFile">Also writes the result there; null writes none.</param>
public delegate Task<int> InspectDicom(IReadOnlyList<string> paths, string? jsonFile, Terminal terminal, CancellationToken stop);

/// <summary>Computes a chain's model again without one member; <see cref="ExitCode.Failed"/> when nothing could be computed.</summary>
/// <param name="toFile">Also writes the model there; null writes none.</param>
public delegate Task<int> RerunChain(string dataDirectory, string chain, string without, string? toFile, Terminal terminal, CancellationToken stop);

/// <summary>Asks a DICOM peer whether it is there; <see cref="ExitCode.Failed"/> when it does not answer with success.</summary>
public delegate Task<int> EchoDicom(DicomPeerRequest peer, Terminal terminal, CancellationToken stop);

/// <summary>Sends DICOM files; <see cref="ExitCode.Failed"/> when one was not taken.</summary>
public delegate Task<int> SendDicom(DicomSendRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Draws a hospital's phantoms as DICOM files.</summary>
public delegate Task<int> DrawPhantoms(PhantomRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Simulates consensus; <see cref="ExitCode.Failed"/> when a rule was broken, or a mutant was not caught.</summary>
public delegate Task<int> RunSimulation(SimulationRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Hurts a consortium of real processes; <see cref="ExitCode.Failed"/> on a fork, a divergence or a chain that stands still.</summary>
public delegate Task<int> RunDrill(DrillRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Measures the ledger.</summary>
public delegate Task<int> RunLedgerBenchmark(LedgerBenchmarkRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Measures the gateway.</summary>
public delegate Task<int> RunGatewayBenchmark(GatewayBenchmarkRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Measures ingest.</summary>
public delegate Task<int> RunIngestBenchmark(IngestBenchmarkRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Wraps labelled images as DICOM.</summary>
public delegate Task<int> RunImport(ImportRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Measures a claim on a folder of tasks.</summary>
public delegate Task<int> RunExperiment(ExperimentRequest request, Terminal terminal, CancellationToken stop);
/// <summary>Attacks what sites send; <see cref="ExitCode.Failed"/> where the attack does not even break what is undefended.</summary>
public delegate Task<int> RunAttack(AttackRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Measures how fast DICOM files are read.</summary>
public delegate Task<int> RunDicomBenchmark(DicomBenchmarkRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Makes an institution's keys and what belongs to them.</summary>
public delegate Task<int> InitSite(InitRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Encrypts a site's keys under another passphrase.</summary>
/// <param name="newPassphraseFile">Its first line is the new one.</param>
public delegate Task<int> ChangePassphrase(CeremonySite site, string newPassphraseFile, Terminal terminal, CancellationToken stop);

/// <summary>Predicts by a model file.</summary>
public delegate Task<int> RunPredict(PredictRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Copies a finished chain's models.</summary>
public delegate Task<int> RunExport(ExportRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Measures training.</summary>
public delegate Task<int> RunTrainingBenchmark(TrainingBenchmarkRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Measures what a second training node gains.</summary>
public delegate Task<int> RunTrainersBenchmark(TrainersRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Looks at what a site needs; <see cref="ExitCode.Failed"/> when something must be mended.</summary>
public delegate Task<int> RunDoctor(DoctorRequest request, Terminal terminal, CancellationToken stop);

/// <summary>Asks a running site how it is; <see cref="ExitCode.Failed"/> when it is not ready.</summary>
public delegate Task<int> RunStatus(StatusRequest request, Terminal terminal, CancellationToken stop);

/// <summary>What stands behind the commands. The command line offers those that are given and knows nothing of how they are done.</summary>
/// <remarks>
/// A <see cref="CommandFailedException"/> or an I/O error ends the command with one line on the error stream. Cancellation before the end is
/// <see cref="ExitCode.Interrupted"/>.
/// </remarks>
public sealed record Operations
{
    public RunSite? Run { get; init; }

    public RunDemo? Demo { get; init; }

    public RunDoctor? Doctor { get; init; }

    public RunStatus? Status { get; init; }

    public InitSite? Init { get; init; }

    public ChangePassphrase? ChangePassphrase { get; init; }

    public IChainCeremony? Ceremony { get; init; }

    public ILedgerOperations? Ledger { get; init; }

    public ListSamples? ListSamples { get; init; }

    public ExportSamples? ExportSamples { get; init; }

    public IQuarantineOperations? Quarantine { get; init; }

    public ErasePatient? ErasePatient { get; init; }

    public RunDeid? Deidentify { get; init; }

    public InspectDicom? InspectDicom { get; init; }

    public RerunChain? Rerun { get; init; }

    public EchoDicom? EchoDicom { get; init; }

    public SendDicom? SendDicom { get; init; }

    public DrawPhantoms? DrawPhantoms { get; init; }

    public RunSimulation? Simulate { get; init; }

    public RunDrill? Drill { get; init; }

    public RunLedgerBenchmark? BenchmarkLedger { get; init; }

    public RunGatewayBenchmark? BenchmarkGateway { get; init; }

    public RunIngestBenchmark? BenchmarkIngest { get; init; }

    public RunImport? Import { get; init; }

    public RunExperiment? Experiment { get; init; }

    public RunAttack? Attack { get; init; }

    public RunDicomBenchmark? BenchmarkDicom { get; init; }

    public RunPredict? Predict { get; init; }

    public RunExport? Export { get; init; }

    public RunTrainingBenchmark? BenchmarkTraining { get; init; }

    public RunTrainersBenchmark? BenchmarkTrainers { get; init; }
}
