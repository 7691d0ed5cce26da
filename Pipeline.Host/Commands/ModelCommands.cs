using System.CommandLine;
using Pipeline.Host.Models;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline predict</c> and <c>pipeline export</c>.</summary>
internal static class ModelCommands
{
    public static Command CreatePredict(RunPredict run, Terminal terminal)
    {
        var files = new Argument<string[]>("FILES") { Description = "DICOM files, or folders with *.dcm.", Arity = ArgumentArity.OneOrMore };
        var model = new Option<string>("--model") { Description = "A model as a site writes it when training is over.", HelpName = "FILE", Required = true };
        var json = new Option<string>("--json") { Description = "Also write the predictions as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("predict",
            "Says what a model makes of images. They take the stages that training images take; what those refuse is named with the reason (exit code 1). For research, no medical device.",
            """
            pipeline predict --model models/personal.safetensors image.dcm
            pipeline predict --model models/global.safetensors study --json predictions.json
            """) { files, model, json };
        command.SetAction((parsed, stop) => run(
            new PredictRequest(Path.GetFullPath(parsed.GetRequiredValue(model)), parsed.GetRequiredValue(files), parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null),
            terminal, stop));
        return command;
    }

    public static Command CreateExport(RunExport run, Terminal terminal)
    {
        var chain = new Argument<string>("CHAIN") { Description = "Whose training is over at the site." };
        var data = new Option<string>("--data") { Description = "The site's data directory.", HelpName = "DIR", Required = true };
        var output = new Option<string>("--to") { Description = "Receives global.safetensors, personal.safetensors and model-card.md.", HelpName = "DIR", Required = true };
        var command = new DocumentedCommand("export",
            "Copies a finished chain's models out of a site, checked against what the members attested, with a model card made from the chain.",
            """
            pipeline export chest-opacity --data demo-out/sites/hospital-1 --to models
            """) { chain, data, output };
        command.SetAction((parsed, stop) => run(
            new ExportRequest(Path.GetFullPath(parsed.GetRequiredValue(data)), parsed.GetRequiredValue(chain), Path.GetFullPath(parsed.GetRequiredValue(output))),
            terminal, stop));
        return command;
    }
}
