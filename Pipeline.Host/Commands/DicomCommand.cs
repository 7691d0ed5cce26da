using System.CommandLine;
using Pipeline.Host.Demo.Phantoms;
using Pipeline.Host.Import;

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
        if (operations.DrawPhantoms is { } draw)
            command.Subcommands.Add(Phantoms(draw, terminal));
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

    private static DocumentedCommand Phantoms(DrawPhantoms draw, Terminal terminal)
    {
        var folder = new Argument<string>("DIR") { Description = "Folder to write to; made when it is absent." };
        var hospital = new Option<string>("--hospital") { Description = "Whose images they are: scanner, patients and how many have the finding follow from the name.", HelpName = "NAME", Required = true };
        var finding = new Option<string>("--finding") { Description = "What the labels tell: opacity or nodule.", HelpName = "NAME", DefaultValueFactory = _ => "opacity" };
        finding.AcceptOnlyFromAmong("opacity", "nodule");
        var count = MeasureOptions.Number("--count", 120, 1, 1_000_000, "Images.");
        var seed = MeasureOptions.Number("--seed", 1, 0, int.MaxValue, "What is drawn follows from it.");
        var command = new DocumentedCommand("phantoms",
            "Draws chest radiographs of one hospital as DICOM files, and DIR.csv with their labels, to try a consortium with: no patient is in them.",
            """
            pipeline dicom phantoms images/north --hospital north
            pipeline dicom phantoms images/south --hospital south --finding nodule --count 400 --seed 7
            """) { folder, hospital, finding, count, seed };
        command.SetAction((parsed, stop) => draw(
            new PhantomRequest(
                Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(folder))), parsed.GetRequiredValue(hospital),
                parsed.GetValue(finding) == "nodule" ? PhantomTask.Nodule : PhantomTask.Opacity, parsed.GetValue(count), parsed.GetValue(seed)),
            terminal, stop));
        return command;
    }
}
