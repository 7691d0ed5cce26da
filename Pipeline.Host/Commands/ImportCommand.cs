using System.CommandLine;
using Pipeline.Host.Import;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline import</c>.</summary>
internal static class ImportCommand
{
    public static Command Create(RunImport run, Terminal terminal)
    {
        var directory = new Argument<string>("DIR") { Description = "A folder with images and labels.csv, or a folder of such folders." };
        var output = new Option<string>("--out") { Description = "Receives TASK/INSTITUTION/*.dcm and a label file for each institution.", HelpName = "DIR", Required = true };
        var modality = new Option<string>("--modality") { Description = "DICOM Modality, where tasks.json beside the folder does not name it.", HelpName = "CODE" };
        var command = new DocumentedCommand("import",
            "Wraps labelled 8-bit gray images as DICOM objects, as a PACS would send them. Labels go to a CSV file that a site reads, never into a header. The same images give the same UIDs.",
            """
            pipeline import datasets/brain_lgg --out dicom
            pipeline import my-task --modality MR --out dicom
            """) { directory, output, modality };
        command.SetAction((parsed, stop) => run(
            new ImportRequest(Path.GetFullPath(parsed.GetRequiredValue(directory)), Path.GetFullPath(parsed.GetRequiredValue(output)), parsed.GetValue(modality)),
            terminal, stop));
        return command;
    }
}
