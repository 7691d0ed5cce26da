using System.Collections.Concurrent;
using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using Pipeline.Host.Import;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Experiments;

/// <summary>Runs <c>pipeline experiment</c>: reads the tasks, runs the arms that are not kept yet, concludes and writes.</summary>
public static class ExperimentRunner
{
    /// <returns>0 whatever was measured: a missed target is a result.</returns>
    public static Task<int> RunAsync(ExperimentRequest request, Terminal terminal, CancellationToken stop) => Task.Run(
        () =>
        {
            var runtime = new TorchRuntime();
            if (runtime.Load() is { } error)
                throw new CommandFailedException(error);
            var tasks = Tasks(request, terminal, stop);
            var experiment = Create(request, tasks);
            var cells = ExperimentPlan.Of(experiment, tasks, request.Profile, request.Seeds);
            var runs = RunCells(request, cells, runtime, terminal, stop);
            var results = tasks.Select(task => new TaskRuns(
                task,
                cells.Where(c => c.Task == task).GroupBy(c => c.Arm.Name).ToDictionary(g => g.Key, g => g.OrderBy(c => c.Seed).Select(c => runs[c]).ToArray()),
                request.Seeds, request.Profile.Resamples)).ToArray();
            var result = ExperimentSummary.Of(experiment, request, results);
            if (request.JsonFile is { } json)
                ReportFile.Write(json, result.ToJson());
            if (request.ReportFile is { } report)
                ExperimentReport.Write(result, results, request, report);
            ExperimentTables.Print(terminal.Out, result);
            return ExitCode.Ok;
        },
        stop);

    private static IExperiment Create(ExperimentRequest request, IReadOnlyList<LearningTask> tasks) => request.Kind switch
    {
        ExperimentKind.Communication => new CommunicationExperiment(),
        ExperimentKind.Personalization => new PersonalizationExperiment(),
        ExperimentKind.Policies => new PolicyExperiment(request.Variants),
        ExperimentKind.Bridge => new BridgeExperiment(tasks, request.Sources),
        ExperimentKind.Byzantine => new ByzantineExperiment(),
        ExperimentKind.Privacy => new PrivacyExperiment(),
        _ => new CentralizedExperiment(),
    };

    private static LearningTask[] Tasks(ExperimentRequest request, Terminal terminal, CancellationToken stop)
    {
        var folders = TaskFolder.Find(request.DataDirectory);
        if (folders.Count == 0)
            throw new CommandFailedException($"{request.DataDirectory} holds no {TaskFolder.LabelFile}, nor does a folder right below it");
        string[] there = [.. folders.Select(f => Path.GetFileName(Path.GetFullPath(f)))];
        if (request.Tasks.Concat(request.Sources).Except(there, StringComparer.Ordinal).ToArray() is { Length: > 0 } missing)
            throw new CommandFailedException($"{request.DataDirectory} has no task {string.Join(", ", missing)}; it has {string.Join(", ", there)}");
        string[] wanted = request.Tasks.Count > 0 ? [.. request.Tasks] : [.. request.Profile.TasksOf(request.Kind).Intersect(there, StringComparer.Ordinal)];
        if (wanted.Length == 0)
            wanted = [there[0]];
        wanted = [.. wanted, .. request.Sources.Except(wanted, StringComparer.Ordinal)];
        try
        {
            return
            [
                .. wanted.Select(name =>
                {
                    var folder = TaskFolder.Read(folders[Array.IndexOf(there, name)]);
                    var task = TaskReader.Read(folder, request.Profile.Side, request.Profile.Architecture, stop);
                    foreach (string problem in folder.Problems.Take(5))
                        terminal.Complain($"{name}: left out: {problem}");
                    if (task.Refused.Count > 0)
                        terminal.Complain($"{name}: ingest set aside {TaskReader.Describe(task.Refused)}");
                    return task;
                }),
            ];
        }
        catch (InvalidDataException e)
        {
            throw new CommandFailedException(e.Message, e);
        }
    }

    private static ConcurrentDictionary<ExperimentCell, ArmRun> RunCells(
        ExperimentRequest request, IReadOnlyList<ExperimentCell> cells, TorchRuntime runtime, Terminal terminal, CancellationToken stop)
    {
        var arms = new ArmRuns(new ArmStore(request.WorkDirectory), request.Profile, stop);
        var runs = new ConcurrentDictionary<ExperimentCell, ArmRun>();
        foreach (var cell in cells)
        {
            if (arms.Kept(cell) is { } kept)
                runs[cell] = kept;
        }

        if (runs.Values.Count(r => r.Version != ProgramVersion.Full) is > 0 and var foreign)
            terminal.Complain($"{foreign} of the arms kept in {request.WorkDirectory} were trained by another build than {ProgramVersion.Short}; remove the folder to train them again");
        ExperimentCell[] open = [.. cells.Where(c => !runs.ContainsKey(c))];
        try
        {
            ExperimentProgress.Run(terminal.Out, open, cells.Count - open.Length, TimeProvider.System, report => Parallel.ForEach(
                Partitioner.Create(open, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = request.Parallelism, CancellationToken = stop },
                cell =>
                {
                    runtime.EnterTrainingThread();
                    runs[cell] = arms.Run(cell, share => report(cell, share)).Run;
                    report(cell, 1);
                }));
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<CommandFailedException>().FirstOrDefault() is { } failed)
        {
            throw failed;
        }

        return runs;
    }
}
