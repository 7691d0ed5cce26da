using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Pipeline.Host.Commands;

/// <summary>The program's command line.</summary>
public static class CommandLine
{
    /// <summary>After Ctrl-C or SIGTERM a command has this long to stop: a training step and its flush fit in.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    private const string Description =
        """
        Hospitals train medical-image models together without sharing images.

        Examples:
          pipeline demo                          four hospitals, two chains, one bridge, on this machine
          pipeline config check hocon/site.conf  what is wrong with a configuration, all at once
          pipeline doctor -c hocon/site.conf     what is wrong with the machine it is to run on
          pipeline run --config hocon/site.conf  one hospital's site
          pipeline samples list --config hocon/site.conf
                                                 what came into its sample store

        Exit codes: 0 done, 1 failed, 2 wrong command line or configuration, 130 stopped by Ctrl-C before it was done.
        """;

    public static RootCommand Create(Operations operations, Terminal terminal)
    {
        var root = new RootCommand(Description);
        var verbose = new Option<bool>("--verbose") { Description = "Show the stack trace of an error.", Recursive = true };
        root.Options.Add(verbose);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        if (operations.Run is { } run)
            root.Subcommands.Add(RunCommand.Create(run, terminal));
        if (operations.Demo is { } demo)
            root.Subcommands.Add(DemoCommand.Create(demo, terminal));
        if (operations.Status is { } status)
            root.Subcommands.Add(StatusCommand.Create(status, terminal));
        if (operations.Doctor is { } doctor)
            root.Subcommands.Add(DoctorCommand.Create(doctor, terminal));
        if (operations.Init is { } init)
            root.Subcommands.Add(InitCommand.Create(init, terminal));
        if (operations.ChangePassphrase is { } change)
            root.Subcommands.Add(KeyCommand.Create(change, terminal));
        if (operations.Ceremony is { } ceremony)
            root.Subcommands.Add(ChainCommand.Create(ceremony, terminal));
        if (operations.Ledger is { } ledger)
            root.Subcommands.Add(LedgerCommand.Create(ledger, terminal));
        if (operations.ListSamples is not null || operations.ExportSamples is not null)
            root.Subcommands.Add(SamplesCommand.Create(operations.ListSamples, operations.ExportSamples, terminal));
        if (operations.Quarantine is { } quarantine)
            root.Subcommands.Add(QuarantineCommand.Create(quarantine, terminal));
        if (operations.ErasePatient is { } erase)
            root.Subcommands.Add(PatientCommand.Create(erase, terminal));
        if (operations.Deidentify is { } deidentify)
            root.Subcommands.Add(DeidCommand.Create(deidentify, terminal));
        if (DicomCommand.Create(operations, terminal) is { Subcommands.Count: > 0 } dicom)
            root.Subcommands.Add(dicom);
        if (operations.Simulate is { } simulate)
            root.Subcommands.Add(SimCommand.Create(simulate, terminal));
        if (operations.Drill is { } drill)
            root.Subcommands.Add(DrillCommand.Create(drill, terminal));
        if (BenchCommand.Create(operations, terminal) is { Subcommands.Count: > 0 } bench)
            root.Subcommands.Add(bench);
        if (operations.Import is { } import)
            root.Subcommands.Add(ImportCommand.Create(import, terminal));
        if (operations.Experiment is { } experiment)
            root.Subcommands.Add(ExperimentCommand.Create(experiment, terminal));
        if (operations.Attack is { } attack)
            root.Subcommands.Add(AttackCommand.Create(attack, terminal));
        ChainGovernanceCommand.AddTo(root, operations.Rerun, terminal);
        if (operations.Export is { } export)
            root.Subcommands.Add(ModelCommands.CreateExport(export, terminal));
        if (operations.Predict is { } predict)
            root.Subcommands.Add(ModelCommands.CreatePredict(predict, terminal));
        root.Subcommands.Add(ConfigCommand.Create(terminal));
        root.Subcommands.Add(CompletionCommand.Create(terminal));
        return root;
    }

    /// <summary>Parses and runs; every outcome is an exit code.</summary>
    public static async Task<int> InvokeAsync(IReadOnlyList<string> arguments, Operations operations, Terminal terminal)
    {
        var root = Create(operations, terminal);
        var parsed = root.Parse(arguments);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors)
                terminal.Complain(Plain(error.Message));
            terminal.Complain($"see '{NameOf(parsed.CommandResult.Command)} --help'");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = StopTimeout,
                Output = terminal.Out.Profile.Out.Writer,
                Error = terminal.Error,
            });
        }
        catch (OperationCanceledException)
        {
            terminal.Complain("stopped");
            return ExitCode.Interrupted;
        }
        catch (Exception e)
        {
            terminal.Complain(e is CommandFailedException or IOException or UnauthorizedAccessException
                ? e.Message
                : $"unexpected {e.GetType().Name}: {e.Message}; --verbose shows where");
            if (parsed.GetValue<bool>("--verbose"))
                await terminal.Error.WriteLineAsync(e.ToString());
            return e is CommandFailedException failed ? failed.ExitCode : ExitCode.Failed;
        }
    }

    /// <summary>The parser names types of .NET, which mean nothing at a prompt.</summary>
    private static string Plain(string message) => message
        .Replace("as expected type 'System.Int32'", "as a whole number", StringComparison.Ordinal)
        .Replace("as expected type 'System.Int64'", "as a whole number", StringComparison.Ordinal);

    private static string NameOf(Command command)
    {
        var names = new List<string>();
        for (Command? at = command; at is not null and not RootCommand; at = at.Parents.OfType<Command>().FirstOrDefault())
            names.Insert(0, at.Name);
        return string.Join(' ', ["pipeline", .. names]);
    }
}
