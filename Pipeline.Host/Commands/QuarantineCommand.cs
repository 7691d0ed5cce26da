using System.CommandLine;
using Pipeline.Actors.Ingest.Requests;

namespace Pipeline.Host.Commands;

/// <summary><c>pipeline quarantine list|show|release|drop</c>.</summary>
internal static class QuarantineCommand
{
    public static Command Create(IQuarantineOperations operations, Terminal terminal) =>
        new("quarantine", "Received instances that wait for a person. The site may run or not: what is decided it carries out itself.")
        {
            List(operations, terminal), Show(operations, terminal), Release(operations, terminal), Drop(operations, terminal),
        };

    private static DocumentedCommand List(IQuarantineOperations operations, Terminal terminal)
    {
        var json = new Option<string>("--json") { Description = "Also write the list as JSON.", HelpName = "FILE" };
        var command = new DocumentedCommand("list",
            "Prints every instance in quarantine with the reason, and for each reason what to do about it.",
            """
            pipeline quarantine list --config hocon/site.conf
            pipeline quarantine list --data data/north-hospital --chain chest-xray --json quarantine.json
            """) { json };
        var options = SiteOptions.AddTo(command);
        command.SetAction(async (parsed, stop) => options.Site(parsed, terminal) is { } site
            ? await operations.ListAsync(site, options.Chain(parsed), parsed.GetValue(json) is { } file ? Path.GetFullPath(file) : null, terminal, stop)
            : ExitCode.Usage);
        return command;
    }

    private static DocumentedCommand Show(IQuarantineOperations operations, Terminal terminal)
    {
        var instance = new Argument<long>("INSTANCE") { Description = "Number of the instance, as list shows it." };
        var to = new Option<string>("--to") { Description = "Also write the original there, decrypted; it identifies the patient.", HelpName = "FILE" };
        var command = new DocumentedCommand("show",
            "Prints what is known of one instance, and writes its original where asked, to be looked at.",
            """
            pipeline quarantine show 4711 --config hocon/site.conf
            pipeline quarantine show 4711 --to look.dcm --config hocon/site.conf
            """) { instance, to };
        var options = SiteOptions.AddTo(command);
        command.SetAction(async (parsed, stop) => options.Site(parsed, terminal) is { } site
            ? await operations.ShowAsync(
                site, options.Chain(parsed), parsed.GetValue(instance), parsed.GetValue(to) is { } file ? Path.GetFullPath(file) : null, terminal, stop)
            : ExitCode.Usage);
        return command;
    }

    private static DocumentedCommand Release(IQuarantineOperations operations, Terminal terminal) => Decide(
        operations, terminal, OperatorAction.Release, "release",
        "Sends instances on the way they would have taken: text in their pixels or a conflict holds them back no more.",
        """
        pipeline quarantine release 4711 4712 --reason "looked at, no text" --config hocon/site.conf
        pipeline quarantine release --held-for burned-in-text --chain chest-xray --reason "all looked at" --config hocon/site.conf
        """);

    private static DocumentedCommand Drop(IQuarantineOperations operations, Terminal terminal) => Decide(
        operations, terminal, OperatorAction.Drop, "drop", "Deletes instances from quarantine.",
        """
        pipeline quarantine drop 4711 --reason "no image of this hospital" --config hocon/site.conf
        pipeline quarantine drop --held-for constant-image --reason "empty exposures" --config hocon/site.conf
        """);

    private static DocumentedCommand Decide(
        IQuarantineOperations operations, Terminal terminal, OperatorAction action, string name, string description, string examples)
    {
        var instances = new Argument<long[]>("INSTANCE") { Description = "Numbers of instances, as list shows them.", Arity = ArgumentArity.ZeroOrMore };
        var heldFor = new Option<string>("--held-for") { Description = "Instead: every instance held for this reason.", HelpName = "WHY" };
        var reason = new Option<string>("--reason") { Description = "Why; goes into the audit log.", HelpName = "TEXT", Required = true };
        var command = new DocumentedCommand(name, description, examples) { instances, heldFor, reason };
        command.Validators.Add(result =>
        {
            if (result.GetResult(heldFor) is null == (result.GetResult(instances)?.Tokens.Count is not > 0))
                result.AddError("name instances by their numbers, or all that are held for a reason by --held-for");
        });
        var options = SiteOptions.AddTo(command);
        command.SetAction(async (parsed, stop) => options.Site(parsed, terminal) is { } site
            ? await operations.DecideAsync(
                site, action, options.Chain(parsed), parsed.GetValue(instances) ?? [], parsed.GetValue(heldFor), parsed.GetRequiredValue(reason), terminal, stop)
            : ExitCode.Usage);
        return command;
    }
}
