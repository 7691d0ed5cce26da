using System.CommandLine;
using System.CommandLine.Parsing;
using Pipeline.Host.Experiments;
using Pipeline.Ledger.Rounds;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline experiment</c>.</summary>
internal static class ExperimentCommand
{
    private static readonly (ExperimentKind Kind, string Description)[] Kinds =
    [
        (ExperimentKind.Centralized, "Collaborative training against training on pooled data, and against each institution alone."),
        (ExperimentKind.Communication, "Partial updates against whole ones: bytes a round, bytes to a result, over densities."),
        (ExperimentKind.Bridge, "A similar task's backbone offered to a chain with few images, among offers that nobody should take. The first --task is the source, the others are targets; a --source offers alone."),
        (ExperimentKind.Personalization, "Each institution's own model after the collaborative training."),
        (ExperimentKind.Policies, "Variants of the policy against the profile's, compared on validation images: for choosing one."),
        (ExperimentKind.Byzantine, "False members, 1 of 5 and 2 of 8, against robust aggregation, for nine attacks."),
        (ExperimentKind.Privacy, "Accuracy and measured membership over the ε of differential privacy at patient level."),
    ];

    public static Command Create(RunExperiment run, Terminal terminal)
    {
        var command = new Command("experiment", "Measures a claim on images of your own, with intervals over patients and seeds.");
        foreach (var (kind, description) in Kinds)
            command.Subcommands.Add(Create(kind, description, run, terminal));
        return command;
    }

    private static DocumentedCommand Create(ExperimentKind kind, string description, RunExperiment run, Terminal terminal)
    {
        string name = kind.ToString().ToLowerInvariant();
        var data = new Option<string>("--data") { Description = "A folder of tasks, each a folder with images and labels.csv; or one such folder.", HelpName = "DIR", Required = true };
        var task = new Option<string[]>("--task") { Description = "A task to take; may be given more than once. Without it, the profile's as far as they are there.", HelpName = "NAME", AllowMultipleArgumentsPerToken = true };
        var seeds = MeasureOptions.Number("--seeds", 5, 1, 100, "Repetitions with other first weights and batches.");
        var threads = MeasureOptions.Number("--threads", Environment.ProcessorCount, 1, 1024, "Arms that run at once, each on one thread.");
        var profile = new Option<string>("--profile") { Description = "quick: half of the rounds, a quarter of the pixels and one task; full: what the claims are measured by.", HelpName = "NAME", DefaultValueFactory = _ => "full" };
        profile.AcceptOnlyFromAmong([.. ExperimentProfile.All.Select(p => p.Name)]);
        var set = new Option<string[]>("--set") { Description = $"Another value for a setting of profile or policy, for sweeps: {string.Join(", ", PolicyCatalog.Settings)}, side, score-every, weigh-sites, architecture, policy.", HelpName = "KEY=VALUE" };
        var variants = new Option<string[]>("--variant") { Description = "Settings of the policy that differ, for instance server-momentum=0.8,values=ternary; may be given more than once.", HelpName = "KEY=VALUE,…" };
        bool choosing = kind == ExperimentKind.Policies, bridging = kind == ExperimentKind.Bridge;
        var source = new Option<string[]>("--source") { Description = "A task that offers its backbone and is no target; may be given more than once.", HelpName = "NAME", AllowMultipleArgumentsPerToken = true };
        var work = new Option<string>("--work") { Description = "Finished arms are kept there; a run that was stopped goes on where it was.", HelpName = "DIR", DefaultValueFactory = _ => "experiment-runs" };
        var json = new Option<string>("--json") { Description = "Also write the result as JSON (schema: docs/reference).", HelpName = "FILE" };
        var report = new Option<string>("--report") { Description = "Also write a report page with plots.", HelpName = "FILE" };
        var command = new DocumentedCommand(name, description,
            $"""
            pipeline experiment {name} --data datasets --profile quick --seeds 3{(choosing ? " --variant server-momentum=0.8" : "")}
            pipeline experiment {name} --data datasets --seeds 5 {(choosing ? "--variant values=ternary,density=0.016 " : "")}--json {name}.json --report {name}.html
            """) { data, task, seeds, threads, profile, set, work, json, report };
        if (choosing)
            command.Options.Add(variants);
        if (bridging)
            command.Options.Add(source);
        command.SetAction((parsed, stop) =>
        {
            var taken = Profile(kind, parsed.GetRequiredValue(profile), parsed.GetValue(set) ?? []);
            return run(
                new ExperimentRequest(
                    kind, Path.GetFullPath(parsed.GetRequiredValue(data)), parsed.GetValue(task) ?? [], parsed.GetValue(seeds), taken, Path.GetFullPath(parsed.GetRequiredValue(work)),
                    MeasureOptions.FullPath(parsed.GetValue(json)), MeasureOptions.FullPath(parsed.GetValue(report)), parsed.GetValue(threads))
                {
                    Sources = bridging ? parsed.GetValue(source) ?? [] : [],
                    Variants = choosing ? Variants(taken.Policy, parsed.GetValue(variants) ?? []) : [],
                },
                terminal, stop);
        });
        return command;
    }

    private static string[] Variants(RoundPolicy policy, string[] variants)
    {
        try
        {
            foreach (string variant in variants)
                _ = MeasureOptions.Sound(PolicyExperiment.Variant(policy, variant));
            return variants;
        }
        catch (ArgumentException e)
        {
            throw new CommandFailedException(e.Message, e) { ExitCode = ExitCode.Usage };
        }
    }

    private static ExperimentProfile Profile(ExperimentKind kind, string name, string[] settings)
    {
        var profile = MeasureOptions.Set(ExperimentProfile.All.Single(p => p.Name == name).Of(kind), settings, (changed, key, value) => changed.With(key, value));
        _ = MeasureOptions.Sound(profile.Policy);
        return profile;
    }
}
