using System.CommandLine;
using Pipeline.Host.Demo;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline demo</c>.</summary>
internal static class DemoCommand
{
    public static Command Create(RunDemo run, Terminal terminal)
    {
        var json = new Option<string>("--json") { Description = "Also write the result as JSON (schema: docs/reference).", HelpName = "FILE" };
        var seed = new Option<int>("--seed")
        {
            Description = "Seeds phantoms, first weights and batches.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        seed.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int value) && value < 0)
                result.AddError($"--seed {value}: a seed is 0 or more");
        });
        var quick = new Option<bool>("--quick") { Description = "Fewer images and rounds: what a build server runs." };
        var output = new Option<string>("--out")
        {
            Description = "Folder for the report, journals and samples; made anew.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "demo-out",
        };
        var command = new DocumentedCommand("demo",
            "Four hospitals, two chains and one bridge on this machine: from C-STORE to personalized models, with a fault, a tamper check and a report page at the end.",
            """
            pipeline demo
            pipeline demo --quick --seed 7 --json result.json --out demo-out
            """) { json, seed, quick, output };
        command.SetAction((parsed, stop) => run(
            new DemoOptions(parsed.GetValue(seed), parsed.GetValue(quick), Path.GetFullPath(parsed.GetValue(output)!),
                parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null),
            terminal, stop));
        return command;
    }
}
