using System.CommandLine;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline dicom</c>.</summary>
internal static partial class DicomCommand
{
    public static Command Create(Operations operations, Terminal terminal)
    {
        var command = new Command("dicom", "Looks at DICOM files and peers.");
        if (operations.InspectDicom is { } inspect)
            command.Subcommands.Add(Inspect(inspect, terminal));
        if (operations.EchoDicom is { } echo)
            command.Subcommands.Add(Echo(echo, terminal));
        if (operations.SendDicom is { } send)
            command.Subcommands.Add(Send(send, terminal));
        return command;
    }

    private static DocumentedCommand Inspect(InspectDicom inspect, Terminal terminal)
    {
        var paths = new Argument<string[]>("PATH") { Description = "A file, or a folder with everything under it.", Arity = ArgumentArity.OneOrMore };
        var json = new Option<string>("--json") { Description = "Also write the result as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("inspect",
            "Reads files as ingest would and decodes every frame: whether a file is sound and where not, its transfer syntax and image size, and the SHA-256 of its pixels as they would stand uncompressed. Nothing that names a person is printed. Exit code 0 also where a file is refused.",
            """
            pipeline dicom inspect image.dcm
            pipeline dicom inspect studies/ more/ --json inspection.json
            """) { paths, json };
        command.SetAction((parsed, stop) => inspect(
            parsed.GetRequiredValue(paths), parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null, terminal, stop));
        return command;
    }
}
