using System.Globalization;
using System.Text;
using Pipeline.Actors.Dicom.DataSets;
using Pipeline.Actors.Ingest;
using Pipeline.Host.Commands;

namespace Pipeline.Host.Import;

/// <summary>Runs <c>pipeline import</c>: labelled images become what a PACS would send, and a label file as a site reads it.</summary>
public static class ImportRunner
{
    private const int ShownProblems = 20;

    /// <returns>0, also where single images were left out; they are named.</returns>
    public static Task<int> RunAsync(ImportRequest request, Terminal terminal, CancellationToken stop) => Task.Run(
        () =>
        {
            var folders = TaskFolder.Find(request.Directory);
            if (folders.Count == 0)
                throw new CommandFailedException($"{request.Directory} holds no {TaskFolder.LabelFile}, nor does a folder right below it");
            foreach (string folder in folders)
            {
                TaskFolder task;
                try
                {
                    task = TaskFolder.Read(folder, request.Modality);
                }
                catch (InvalidDataException e)
                {
                    throw new CommandFailedException(e.Message, e);
                }

                Import(task, Path.Combine(request.OutputDirectory, task.Name), terminal, stop);
            }

            return ExitCode.Ok;
        },
        stop);

    private static void Import(TaskFolder task, string output, Terminal terminal, CancellationToken stop)
    {
        var wrapper = new ImageWrapper(task);
        var problems = new List<string>(task.Problems);
        foreach (var institution in task.Images.GroupBy(i => i.Institution, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            string folder = Path.Combine(output, FileName(institution.Key));
            Directory.CreateDirectory(folder);
            var labels = new StringBuilder("sop_instance_uid,label,split\n");
            int written = 0;
            var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var file in institution)
            {
                stop.ThrowIfCancellationRequested();
                if (Read(task, file, problems) is not { } image)
                    continue;
                string uid = wrapper.InstanceUid(file);
                File.WriteAllBytes(Path.Combine(folder, uid + ".dcm"), DicomWriter.WriteFile(wrapper.Wrap(file, image, numbers[file.Patient] = numbers.GetValueOrDefault(file.Patient) + 1)));
                labels.Append(CultureInfo.InvariantCulture, $"{uid},{task.Classes[file.Label]},{file.Split?.ToString().ToLowerInvariant()}\n");
                written++;
            }

            File.WriteAllText(Path.Combine(folder, TaskFolder.LabelFile), labels.ToString());
            terminal.Out.Profile.Out.Writer.WriteLine($"{task.Name}: {written} images of {institution.Key} in {folder}");
        }

        foreach (string problem in problems.Take(ShownProblems))
            terminal.Complain($"{task.Name}: left out: {problem}");
        if (problems.Count > ShownProblems)
            terminal.Complain($"{task.Name}: left out: {problems.Count - ShownProblems} more");
    }

    private static GrayImage? Read(TaskFolder task, LabelledFile file, List<string> problems)
    {
        try
        {
            var image = GrayImage.Read(Path.Combine(task.Path, file.File));
            if (image.Ok)
                return image.Value;
            problems.Add($"{file.File}: {image.Fault}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{file.File}: {e.Message}");
        }

        return null;
    }

    private static string FileName(string institution) => string.Concat(institution.Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
}
