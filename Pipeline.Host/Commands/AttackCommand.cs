using System.CommandLine;
using System.Globalization;
using Pipeline.Actors.Attacks;
using Pipeline.Host.Attacks;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline attack</c>.</summary>
internal static class AttackCommand
{
    private static readonly (AttackKind Kind, string Description)[] Kinds =
    [
        (AttackKind.Inversion, "Images out of updates: gradient inversion, and which of many candidates took part."),
        (AttackKind.Membership, "Which images the final model was trained on, by its loss."),
        (AttackKind.Labels, "Labels out of the head's gradient."),
        (AttackKind.Canary, "What the final model has memorised of images with labels drawn by lot."),
    ];

    public static Command Create(RunAttack run, Terminal terminal)
    {
        var command = new Command("attack", "Attacks what sites send under a policy, after showing that the attack breaks what is undefended.");
        foreach (var (kind, description) in Kinds)
            command.Subcommands.Add(Create(kind, description, run, terminal));
        return command;
    }

    private static DocumentedCommand Create(AttackKind kind, string description, RunAttack run, Terminal terminal)
    {
        string name = kind.ToString().ToLowerInvariant();
        var data = new Option<string>("--data") { Description = "A folder of tasks, each a folder with images and labels.csv; or one such folder. Without it, drawn chest phantoms, which the report shows.", HelpName = "DIR" };
        var task = new Option<string>("--task") { Description = "The task to take of several.", HelpName = "NAME" };
        var policy = new Option<string>("--policy") { Description = "default: partial updates; dense: every coordinate; robust: the coordinates of a rotation that all sites share.", HelpName = "NAME", DefaultValueFactory = _ => "default" };
        policy.AcceptOnlyFromAmong([.. PolicyCatalog.All.Select(p => p.Name)]);
        var set = new Option<string[]>("--set") { Description = $"Another value for a setting of the policy: {string.Join(", ", PolicyCatalog.Settings)}.", HelpName = "KEY=VALUE" };
        var side = MeasureOptions.Number("--side", 64, 16, 128, "Rows and columns of a sample, pixels, a multiple of 4; for phantoms a divisor of 128.");
        var seed = MeasureOptions.Number("--seed", 1, 0, int.MaxValue, "First weights, batches and what is drawn.");
        var candidates = MeasureOptions.Number("--candidates", 1000, 2, 100_000, "Images among which one that took part is to be found.");
        var controls = MeasureOptions.Number("--controls", 3, 1, 1000, "Single images of the positive control of inversion.");
        var rounds = new Option<int[]>("--round") { Description = "Rounds whose updates are attacked; labels are read from all up to the last.", HelpName = "N", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 10] };
        var shadows = MeasureOptions.Number(
            "--shadows", 0, 0, 1024, "membership: chains trained without half of the patients, for the likelihood-ratio attack as well; an even number, 16 or more. 0 leaves it out.");
        var parts = MeasureOptions.Number("--parts", 4, 2, 100, "membership: parts of each institution's patients, by lot; a chain is trained without each in turn.");
        var steps = MeasureOptions.Number("--search-steps", 250, 1, 1_000_000, "Steps of the gradient inversion.");
        var json = new Option<string>("--json") { Description = "Also write the result as JSON (schema: docs/reference).", HelpName = "FILE" };
        var report = new Option<string>("--report") { Description = "Also write a report page.", HelpName = "FILE" };
        var command = new DocumentedCommand(name, description,
            $"""
            pipeline attack {name} --report {name}.html
            pipeline attack {name} --data datasets --task brain_lgg --policy default --json {name}.json --report {name}.html
            """) { data, task, policy, set, side, seed, candidates, controls, rounds, shadows, parts, steps, json, report };
        rounds.Validators.Add(result =>
        {
            if (result.Tokens.Any(t => !int.TryParse(t.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int round) || round is < 1 or > 1_000_000))
                result.AddError("--round: 1 to 1000000");
        });
        shadows.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int count) && count % 2 != 0)
                result.AddError($"--shadows {count}: an even number");
        });
        side.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int pixels) && pixels % 4 != 0)
                result.AddError($"--side {pixels}: a multiple of 4");
        });
        command.SetAction((parsed, stop) => run(
            new AttackRequest(
                kind, MeasureOptions.FullPath(parsed.GetValue(data)), parsed.GetValue(task), parsed.GetRequiredValue(policy),
                MeasureOptions.Sound(MeasureOptions.Set(
                    PolicyCatalog.All.Single(p => p.Name == parsed.GetRequiredValue(policy)).Policy, parsed.GetValue(set) ?? [], PolicyCatalog.With)), parsed.GetValue(side), "residual-cnn-small", parsed.GetValue(seed),
                parsed.GetValue(candidates), parsed.GetValue(controls), parsed.GetRequiredValue(rounds), parsed.GetValue(shadows), new InversionSettings(parsed.GetValue(steps)),
                MeasureOptions.FullPath(parsed.GetValue(json)), MeasureOptions.FullPath(parsed.GetValue(report)))
            { Parts = parsed.GetValue(parts) },
            terminal, stop));
        return command;
    }
}
