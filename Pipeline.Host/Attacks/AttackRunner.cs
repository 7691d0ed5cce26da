using System.Diagnostics;
using Pipeline.Actors.Training;
using Pipeline.Host.Commands;
using Pipeline.Host.Experiments;
using Pipeline.Host.Import;
using Pipeline.Host.Reporting;

namespace Pipeline.Host.Attacks;

/// <summary>Runs <c>pipeline attack</c>: reads or draws the images, breaks the control, attacks the policy, writes.</summary>
public static class AttackRunner
{
    /// <returns><see cref="ExitCode.Failed"/> where the control failed; a missed target is a result.</returns>
    public static Task<int> RunAsync(AttackRequest request, Terminal terminal, CancellationToken stop) => Task.Run(
        () =>
        {
            var watch = Stopwatch.StartNew();
            var runtime = new TorchRuntime();
            if (runtime.Load() is { } error)
                throw new CommandFailedException(error);
            runtime.EnterTrainingThread();
            // About half of each hospital's phantoms take no part, and a little more than the candidates of all together.
            var task = request.DataDirectory is { } folder
                ? Read(folder, request, terminal, stop)
                : PhantomTaskSource.Read(Math.Max(48, request.Candidates * 9 / 16), request.Side, request.Architecture, request.Seed);
            var scene = new AttackScene(task, request.Policy, request.Seed, request.DataDirectory is null, stop);
            IReadOnlyList<AttackPicture> pictures = [];
            IReadOnlyList<AttackResult.Figure> figures = request.Kind switch
            {
                AttackKind.Labels => new LabelAttack(scene, request, Tell).Run(),
                AttackKind.Membership or AttackKind.Canary => new MembershipAttack(scene, request, Tell).Run(),
                _ => Invert(),
            };
            var result = new AttackResult(
                request.Kind.ToString().ToLowerInvariant(), task.Name, request.PolicyName, request.Architecture, request.Seed, AttackResult.Passed(figures),
                Math.Round(watch.Elapsed.TotalSeconds, 1), figures);
            if (request.JsonFile is { } json)
                ReportFile.Write(json, result.ToJson());
            if (request.ReportFile is { } report)
                ReportFile.Write(report, AttackReport.Page(result, pictures));
            AttackTable.Print(terminal.Out, result);
            if (result.ControlPassed)
                return ExitCode.Ok;
            terminal.Complain("void: the attack did not break what is undefended, so it shows nothing about the policy; see the rows of the control");
            return ExitCode.Failed;

            IReadOnlyList<AttackResult.Figure> Invert()
            {
                (var found, pictures) = new InversionAttack(scene, request, Tell).Run();
                return found;
            }

            void Tell(string what) => terminal.Out.Profile.Out.Writer.WriteLine(what);
        },
        stop);

    private static LearningTask Read(string directory, AttackRequest request, Terminal terminal, CancellationToken stop)
    {
        var folders = TaskFolder.Find(directory);
        string? path = request.Task is { } name ? folders.FirstOrDefault(f => Path.GetFileName(Path.GetFullPath(f)) == name) : folders.Count > 0 ? folders[0] : null;
        if (path is null)
            throw new CommandFailedException($"{directory} has no {request.Task ?? "task: no folder with a " + TaskFolder.LabelFile}");
        try
        {
            var folder = TaskFolder.Read(path);
            foreach (string problem in folder.Problems.Take(5))
                terminal.Complain($"{folder.Name}: left out: {problem}");
            return TaskReader.Read(folder, request.Side, request.Architecture, stop);
        }
        catch (InvalidDataException e)
        {
            throw new CommandFailedException(e.Message, e);
        }
    }
}
